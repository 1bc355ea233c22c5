-- Neovim's side of `tactics lsp`: starts it for Acorn's modules. Copy it to ~/.config/nvim/plugin/. On a
-- line, `:lua vim.lsp.buf.code_action()` offers a step.
local command = vim.g.tactics_command or { "tactics", "lsp" }
local client

vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
  pattern = "*.ac",
  callback = function(event)
    client = client or vim.lsp.start_client({ name = "tactics", cmd = command })
    if client then vim.lsp.buf_attach_client(event.buf, client) end
  end,
})

// Lines that are statements: which tokens may come next in one (line_mask.ts, read it first), by a reader of
// bytes (line_reader.ts) over the grammar of Acorn's proof lines (grammar.ts, frames.ts) and the names in
// scope (scope.ts).
export { LineMask, type LineRules } from "./line_mask.ts";
export { isStatement, LineReader, type LineState } from "./line_reader.ts";
export { ProofGuide } from "./proof_guide.ts";
export { LineScope } from "./scope.ts";

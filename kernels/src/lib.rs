//! The kernels of tactics: forward and backward of every operation of a small GPT, in SIMD128 with relaxed
//! fused multiply-add.
//!
//! JavaScript owns the memory: every exported function takes addresses and sizes, allocates nothing, and
//! trusts its caller (src/backend/wasm checks shapes before each call). Addresses are those of this
//! instance's linear memory. T rows, C columns, K and N the inner and outer width of a linear layer, H heads
//! of D, V vocabulary; all row-major float32.
//!
//! The oracle of these kernels is the plain TypeScript backend, against which tests/backend compares them
//! over odd shapes.

#![deny(missing_docs)]
// Exported functions cannot be `unsafe fn` (wasm-bindgen refuses them), and their callers are not Rust.
#![allow(clippy::not_unsafe_ptr_arg_deref)]
// Tiles of registers are indexed on both sides of an assignment; iterators would hide which.
#![allow(clippy::needless_range_loop)]

#[cfg(not(target_arch = "wasm32"))]
compile_error!("tactics-kernels is WebAssembly only: build it with `deno task kernels`");

pub mod adamw;
pub mod attention;
pub mod attention_cached;
pub mod attention_softmax;
pub mod cross_entropy;
pub mod dropout;
pub mod elementwise;
pub mod embedding;
pub mod gelu;
pub mod gemv;
pub mod math;
pub mod matmul;
pub mod muon;
pub mod norm;
pub mod pack;
pub mod pointer;
pub mod rotary;
pub mod simd;
pub mod tile;

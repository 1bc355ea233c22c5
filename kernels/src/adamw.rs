//! AdamW as torch.optim.AdamW computes it: decoupled weight decay, eps added after the square root.

use crate::simd::{unrelated, F32x8, LANES};
use wasm_bindgen::prelude::*;

/// What an update multiplies with; all the same for every element.
struct Factors {
    decay: F32x8,
    step_size: F32x8,
    beta1: F32x8,
    beta2: F32x8,
    rest1: F32x8,
    rest2: F32x8,
    v_scale: F32x8,
    eps: F32x8,
    gradient_scale: F32x8,
}

impl Factors {
    /// (parameters, m, v) after the update.
    #[inline(always)]
    fn update(&self, p: F32x8, g: F32x8, m: F32x8, v: F32x8) -> (F32x8, F32x8, F32x8) {
        let g = g * self.gradient_scale;
        let m = m.mul_add(self.beta1, g * self.rest1);
        let v = v.mul_add(self.beta2, g * g * self.rest2);
        let change = m / v.sqrt().mul_add(self.v_scale, self.eps);
        (change.mul_sub_from(self.step_size, p * self.decay), m, v)
    }
}

/// One update of `size` parameters p with gradients g and moments m and v:
///
/// p *= `decay`; g *= `gradient_scale`; m = `beta1` m + (1 - `beta1`) g; v = `beta2` v + (1 - `beta2`) g^2; p
/// -= `step_size` m / (sqrt(v) `v_scale` + `eps`), where `step_size` = learning rate / (1 - beta1^t),
/// `v_scale` = 1 / sqrt(1 - beta2^t).
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn adamw(
    p: *mut f32,
    g: *const f32,
    m: *mut f32,
    v: *mut f32,
    size: usize,
    decay: f32,
    step_size: f32,
    beta1: f32,
    beta2: f32,
    rest1: f32,
    rest2: f32,
    v_scale: f32,
    eps: f32,
    gradient_scale: f32,
) {
    let factors = Factors {
        decay: F32x8::splat(decay),
        step_size: F32x8::splat(step_size),
        beta1: F32x8::splat(beta1),
        beta2: F32x8::splat(beta2),
        rest1: F32x8::splat(rest1),
        rest2: F32x8::splat(rest2),
        v_scale: F32x8::splat(v_scale),
        eps: F32x8::splat(eps),
        gradient_scale: F32x8::splat(gradient_scale),
    };
    let whole = size - size % LANES;
    // SAFETY: the caller passes addresses of `size` floats in this instance's memory.
    unsafe {
        let inputs = [unrelated(p), unrelated(g), unrelated(m), unrelated(v)];
        let mut i = 0;
        while i < whole {
            let [old_p, old_g, old_m, old_v] = inputs.map(|input| F32x8::load(input.add(i)));
            let new = factors.update(old_p, old_g, old_m, old_v);
            new.0.store(p.add(i));
            new.1.store(m.add(i));
            new.2.store(v.add(i));
            i += LANES;
        }
        if i < size {
            let rest = size - i;
            let [old_p, old_g, old_m, old_v] = inputs.map(|input| F32x8::load_partial(input.add(i), rest));
            let new = factors.update(old_p, old_g, old_m, old_v);
            new.0.store_partial(p.add(i), rest);
            new.1.store_partial(m.add(i), rest);
            new.2.store_partial(v.add(i), rest);
        }
    }
}

//! The few functions that printed code calls. Only those that are called are printed.

/// The text of a function, by its name.
struct Helper {
    name: &'static str,
    text: &'static str,
}

/// In an order in which each is defined before it is called.
static HELPERS: &[Helper] = &[
    Helper {
        name: "neuro_signed",
        text: "\
/* Two's complement, whatever the compiler makes of conversions. */
static int64_t neuro_signed(uint64_t bits) { int64_t x; memcpy(&x, &bits, sizeof x); return x; }",
    },
    Helper { name: "neuro_add", text: "static int64_t neuro_add(int64_t x, int64_t y) { return neuro_signed((uint64_t)x + (uint64_t)y); }" },
    Helper {
        name: "neuro_subtract",
        text: "static int64_t neuro_subtract(int64_t x, int64_t y) { return neuro_signed((uint64_t)x - (uint64_t)y); }",
    },
    Helper {
        name: "neuro_multiply",
        text: "static int64_t neuro_multiply(int64_t x, int64_t y) { return neuro_signed((uint64_t)x * (uint64_t)y); }",
    },
    Helper { name: "neuro_negate", text: "static int64_t neuro_negate(int64_t x) { return neuro_signed(0u - (uint64_t)x); }" },
    Helper { name: "neuro_absolute", text: "static int64_t neuro_absolute(int64_t x) { return x < 0 ? neuro_negate(x) : x; }" },
    Helper {
        name: "neuro_divide",
        text: "static int64_t neuro_divide(int64_t x, int64_t y) { return y == 0 ? 0 : y == -1 ? neuro_negate(x) : x / y; }",
    },
    Helper {
        name: "neuro_shift_left",
        text: "static int64_t neuro_shift_left(int64_t x, int64_t n) { return neuro_signed((uint64_t)x << ((uint64_t)n & 63u)); }",
    },
    Helper {
        name: "neuro_shift_right",
        text: "\
static int64_t neuro_shift_right(int64_t x, int64_t n) {
    const uint64_t by = (uint64_t)n & 63u;
    return x < 0 ? ~(~x >> by) : x >> by;
}",
    },
    Helper {
        name: "neuro_bits_f32",
        text: "static uint32_t neuro_bits_f32(float x) { uint32_t bits; memcpy(&bits, &x, sizeof bits); return bits; }",
    },
    Helper {
        name: "neuro_from_bits_f32",
        text: "static float neuro_from_bits_f32(uint32_t bits) { float x; memcpy(&x, &bits, sizeof x); return x; }",
    },
    Helper {
        name: "neuro_absolute_f32",
        text: "static float neuro_absolute_f32(float x) { return neuro_from_bits_f32(neuro_bits_f32(x) & UINT32_C(0x7fffffff)); }",
    },
    Helper {
        name: "neuro_sign_of_f32",
        text: "\
/* The magnitude of x with the sign of y. */
static float neuro_sign_of_f32(float x, float y) {
    return neuro_from_bits_f32((neuro_bits_f32(x) & UINT32_C(0x7fffffff)) | (neuro_bits_f32(y) & UINT32_C(0x80000000)));
}",
    },
    Helper {
        name: "neuro_truncate_f32",
        text: "\
static float neuro_truncate_f32(float x) {
    return neuro_absolute_f32(x) < 8388608.0f ? neuro_sign_of_f32((float)(int32_t)x, x) : x;
}",
    },
    Helper {
        name: "neuro_floor_f32",
        text: "static float neuro_floor_f32(float x) { const float t = neuro_truncate_f32(x); return t > x ? t - 1.0f : t; }",
    },
    Helper {
        name: "neuro_round_f32",
        text: "\
/* Ties to even: what adding 2^23 rounds to. */
static float neuro_round_f32(float x) {
    const float size = neuro_absolute_f32(x);
    return size < 8388608.0f ? neuro_sign_of_f32((size + 8388608.0f) - 8388608.0f, x) : x;
}",
    },
    Helper {
        name: "neuro_power_of_two_f32",
        text: "static float neuro_power_of_two_f32(float x) { return neuro_from_bits_f32(neuro_bits_f32(x + 12583039.0f) << 23); }",
    },
    Helper {
        name: "neuro_exponent_f32",
        text: "static float neuro_exponent_f32(float x) { return (float)(int32_t)((neuro_bits_f32(x) >> 23) & 0xffu) - 127.0f; }",
    },
    Helper {
        name: "neuro_mantissa_f32",
        text: "\
static float neuro_mantissa_f32(float x) {
    return neuro_from_bits_f32((neuro_bits_f32(x) & UINT32_C(0x807fffff)) | UINT32_C(0x3f800000));
}",
    },
    Helper {
        name: "neuro_bits_f64",
        text: "static uint64_t neuro_bits_f64(double x) { uint64_t bits; memcpy(&bits, &x, sizeof bits); return bits; }",
    },
    Helper {
        name: "neuro_from_bits_f64",
        text: "static double neuro_from_bits_f64(uint64_t bits) { double x; memcpy(&x, &bits, sizeof x); return x; }",
    },
    Helper {
        name: "neuro_absolute_f64",
        text: "static double neuro_absolute_f64(double x) { return neuro_from_bits_f64(neuro_bits_f64(x) & UINT64_C(0x7fffffffffffffff)); }",
    },
    Helper {
        name: "neuro_sign_of_f64",
        text: "\
/* The magnitude of x with the sign of y. */
static double neuro_sign_of_f64(double x, double y) {
    return neuro_from_bits_f64((neuro_bits_f64(x) & UINT64_C(0x7fffffffffffffff)) | (neuro_bits_f64(y) & UINT64_C(0x8000000000000000)));
}",
    },
    Helper {
        name: "neuro_truncate_f64",
        text: "\
static double neuro_truncate_f64(double x) {
    return neuro_absolute_f64(x) < 4503599627370496.0 ? neuro_sign_of_f64((double)(int64_t)x, x) : x;
}",
    },
    Helper {
        name: "neuro_floor_f64",
        text: "static double neuro_floor_f64(double x) { const double t = neuro_truncate_f64(x); return t > x ? t - 1.0 : t; }",
    },
    Helper {
        name: "neuro_round_f64",
        text: "\
/* Ties to even: what adding 2^52 rounds to. */
static double neuro_round_f64(double x) {
    const double size = neuro_absolute_f64(x);
    return size < 4503599627370496.0 ? neuro_sign_of_f64((size + 4503599627370496.0) - 4503599627370496.0, x) : x;
}",
    },
    Helper {
        name: "neuro_power_of_two_f64",
        text: "static double neuro_power_of_two_f64(double x) { return neuro_from_bits_f64(neuro_bits_f64(x + 6755399441056767.0) << 52); }",
    },
    Helper {
        name: "neuro_exponent_f64",
        text: "static double neuro_exponent_f64(double x) { return (double)(int32_t)((neuro_bits_f64(x) >> 52) & 0x7ffu) - 1023.0; }",
    },
    Helper {
        name: "neuro_mantissa_f64",
        text: "\
static double neuro_mantissa_f64(double x) {
    return neuro_from_bits_f64((neuro_bits_f64(x) & UINT64_C(0x800fffffffffffff)) | UINT64_C(0x3ff0000000000000));
}",
    },
    Helper {
        name: "neuro_slot",
        text: "\
/* The slot of a ring that is present some steps later (fewer than it has slots). */
static uint32_t neuro_slot(uint32_t present, uint32_t later, uint32_t slots) {
    const uint32_t slot = present + later;
    return slot >= slots ? slot - slots : slot;
}",
    },
    Helper {
        name: "neuro_tick",
        text: "\
/* Whether one of the ticks j * period is stamped at the end of this step: the step whose end is nearest to it. */
static int neuro_tick(uint64_t step, double dt, double period) {
    const uint64_t near = (uint64_t)((double)(step + 1u) * dt / period);
    uint64_t tick = near > 2u ? near - 1u : 1u;
    for (; tick <= near + 2u; ++tick) {
        const double steps = (double)tick * period / dt;
        const double below = neuro_truncate_f64(steps);
        const double nearest = steps - below >= 0.5 ? below + 1.0 : below;
        if ((uint64_t)(nearest > 1.0 ? nearest : 1.0) == step + 1u) {
            return 1;
        }
    }
    return 0;
}",
    },
    Helper {
        name: "neuro_philox",
        text: "\
/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). */
static void neuro_philox(uint32_t index, uint64_t step, uint32_t purpose, uint32_t key0, uint32_t key1, uint32_t words[4]) {
    int round;
    words[0] = index;
    words[1] = (uint32_t)step;
    words[2] = (uint32_t)(step >> 32);
    words[3] = purpose;
    for (round = 0; round < 10; ++round) {
        const uint64_t first = (uint64_t)UINT32_C(0xD2511F53) * words[0];
        const uint64_t second = (uint64_t)UINT32_C(0xCD9E8D57) * words[2];
        words[0] = (uint32_t)(second >> 32) ^ words[1] ^ key0;
        words[1] = (uint32_t)second;
        words[2] = (uint32_t)(first >> 32) ^ words[3] ^ key1;
        words[3] = (uint32_t)first;
        key0 += UINT32_C(0x9E3779B9);
        key1 += UINT32_C(0xBB67AE85);
    }
}",
    },
    Helper {
        name: "neuro_join",
        text: "static uint64_t neuro_join(uint32_t high, uint32_t low) { return ((uint64_t)high << 32) | low; }",
    },
    Helper {
        name: "neuro_reached",
        text: "\
/* How many of the ascending thresholds a number has reached. */
static uint32_t neuro_reached(const uint64_t *thresholds, uint32_t count, uint64_t x) {
    uint32_t low = 0;
    while (count > 0) {
        const uint32_t half = count / 2u;
        if (thresholds[low + half] <= x) {
            low += half + 1u;
            count -= half + 1u;
        } else {
            count = half;
        }
    }
    return low;
}",
    },
    Helper {
        name: "neuro_poisson",
        text: "\
/* A Poisson number: 16 bits of a block that eight lanes share, and 48 more where the guide table over the top 12 does not decide. */
static uint32_t neuro_poisson(const uint64_t *thresholds, uint32_t count, const uint16_t *guide, uint32_t parts, uint32_t lane,
                              uint64_t step, uint32_t key0, uint32_t key1) {
    uint32_t part, sum = 0;
    for (part = 0; part < parts; ++part) {
        uint32_t words[4], top, drawn;
        neuro_philox(lane / 8u, step, 2u | (part << 8), key0, key1, words);
        top = words[lane % 8u / 2u];
        top = lane % 2u == 0 ? top >> 16 : top & 0xffffu;
        drawn = guide[top >> 4];
        if (drawn == 0xffffu) {
            neuro_philox(lane, step, 3u | (part << 8), key0, key1, words);
            drawn = neuro_reached(thresholds, count, ((uint64_t)top << 48) | (neuro_join(words[0], words[1]) >> 16));
        }
        sum += drawn;
    }
    return sum;
}",
    },
];

/// The functions that `body` calls, and those that they call.
pub(super) fn helpers(body: &str) -> String {
    let calls = |text: &str, name: &str| text.contains(&format!("{name}("));
    let mut kept: Vec<&Helper> = Vec::new();
    // From the last to the first: what calls a function comes behind it.
    for helper in HELPERS.iter().rev() {
        if calls(body, helper.name) || kept.iter().any(|other| calls(other.text, helper.name)) {
            kept.push(helper);
        }
    }
    kept.iter().rev().map(|helper| format!("{}\n", helper.text)).collect()
}

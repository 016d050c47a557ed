//! Loops compiled for the widest instructions that this machine has. The loop is the same in all, and nothing in it is contracted or reordered,
//! so the numbers are too.

/// Compiles a loop three times and calls the version for the widest instructions found.
macro_rules! widest {
    ($(#[$doc:meta])* fn $name:ident<$type:ident: $bound:path>($($argument:ident: $kind:ty),*) $body:block) => {
        $(#[$doc])*
        fn $name<$type: $bound>($($argument: $kind),*) {
            #[inline(always)]
            fn anywhere<$type: $bound>($($argument: $kind),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512<$type: $bound>($($argument: $kind),*) {
                    anywhere($($argument),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2<$type: $bound>($($argument: $kind),*) {
                    anywhere($($argument),*)
                }
                if std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: the machine has the instructions that the function is compiled for.
                    return unsafe { avx512($($argument),*) };
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { avx2($($argument),*) };
                }
            }
            anywhere($($argument),*)
        }
    };
}

pub(crate) use widest;

//! How a value of a feature map is stored.

/// A stored value. Bytes hold signed values with an offset, because the byte dot product takes its first operand unsigned;
/// the bias takes the offset out again.
pub trait Act: Copy + Ord + Default + Send + Sync + 'static {
    /// What is added to a value of the format before it is stored.
    fn offset(signed: bool) -> i32;
    /// Stores `value` plus offset, which the type holds.
    fn store(value: i32) -> Self;
    /// The stored number, offset included.
    fn load(self) -> i32;
}

impl Act for u8 {
    fn offset(signed: bool) -> i32 {
        if signed {
            -i32::from(i8::MIN)
        } else {
            0
        }
    }

    #[inline(always)]
    fn store(value: i32) -> Self {
        value as u8
    }

    #[inline(always)]
    fn load(self) -> i32 {
        self.into()
    }
}

impl Act for i16 {
    fn offset(_signed: bool) -> i32 {
        0
    }

    #[inline(always)]
    fn store(value: i32) -> Self {
        value as i16
    }

    #[inline(always)]
    fn load(self) -> i32 {
        self.into()
    }
}

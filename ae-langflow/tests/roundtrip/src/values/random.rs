//! Numbers that look random.

/// Numbers that look random and are the same each time.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn one_of<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()].clone()
    }

    pub fn wide(&mut self) -> u128 {
        (u128::from(self.next()) << 64 | u128::from(self.next())) >> self.below(128)
    }

    pub fn float(&mut self) -> f64 {
        let any = f64::from_bits(self.next());
        let odd = self.one_of(&[f64::NAN, f64::INFINITY, any]);
        self.one_of(&[0.1 + 0.2, -0.0, 1.0, f64::MIN_POSITIVE, f64::MAX, 1e21, 123_456_789.125, odd])
    }

    pub fn letter(&mut self) -> char {
        self.one_of(&['a', '"', '\\', '\0', '\u{1f}', 'ß', '\u{2028}', '\u{fffd}', '😀', '/', ']'])
    }

    pub fn text(&mut self) -> String {
        let size = self.one_of(&[0, 1, 2, 7, 20, 4094, 4095, 4096, 9000]);
        (0..size).map(|_| self.letter()).collect()
    }

    pub fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| make(self))
    }

    pub fn many<T, C: FromIterator<T>>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> C {
        let size = self.one_of(&[0, 1, 2, 3, 9, 9, 200]);
        (0..size).map(|_| make(self)).collect()
    }
}

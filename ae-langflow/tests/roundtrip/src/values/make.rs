//! How values are made.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Adjacent, Any, External, Flat, Inner, Internal, Loose, Marker, Name, Named, New, Ordered, Pair, Random,
};

/// A value, and what may be said against it.
#[derive(Debug, Clone)]
pub struct Made {
    pub value: Any,
    /// Why it may be refused; when it is not, it comes back.
    pub risk: bool,
}

impl Made {
    /// Of values that are `carried` as JSON the reader names the type, so that they are of types that any reader tells
    /// apart; without `exact` they have no wide numbers, and no order.
    pub fn new(random: &mut Random, carried: bool) -> Self {
        // Mostly what has to be taken.
        let mut tries = random.one_of(&[1, 20, 20, 20]);
        loop {
            let mut maker =
                Maker { random, risk: false, carried, by_value: carried && !cfg!(feature = "exact") };
            let (value, risk) = (maker.any(3), maker.risk);
            tries -= 1;
            if !risk || tries == 0 {
                return Self { value, risk };
            }
        }
    }
}

struct Maker<'a> {
    random: &'a mut Random,
    risk: bool,
    carried: bool,
    by_value: bool,
}

impl Maker<'_> {
    fn float(&mut self) -> f64 {
        let float = self.random.float();
        self.risk |= !float.is_finite();
        float
    }

    fn single(&mut self) -> f32 {
        #[allow(clippy::cast_possible_truncation)]
        let single = if self.random.below(2) == 0 { 0.1 } else { self.random.float() as f32 };
        self.risk |= !single.is_finite();
        single
    }

    fn wide(&mut self) -> u128 {
        let wide = self.random.wide();
        self.risk |= self.by_value && wide > u128::from(u64::MAX);
        wide
    }

    fn signed(&mut self) -> i128 {
        let wide = (self.wide() >> 1).cast_signed();
        self.risk |= self.by_value && wide > i128::from(i64::MAX);
        if self.random.below(2) == 0 { wide } else { !wide }
    }

    /// A number that goes through serde's buffer, which has no room for more than 64 bits.
    fn buffered(&mut self) -> u128 {
        self.risk = true;
        self.random.wide()
    }

    fn json(&mut self, depth: u32) -> Json {
        match self.random.below(if depth == 0 { 5 } else { 7 }) {
            0 => Json::Null,
            1 => self.random.next().into(),
            2 => Some(self.random.float()).filter(|float| float.is_finite()).into(),
            3 => self.random.text().into(),
            4 => true.into(),
            5 => (0..self.random.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => (0..self.random.below(4)).map(|n| (format!("k{n}"), self.json(depth - 1))).collect(),
        }
    }

    fn deep(&mut self) -> Json {
        let depth = self.random.one_of(&[10, 80, 90, 95, 99, 100, 101, 115, 122, 127, 130, 300]);
        // The records, maps and patches around it count as well.
        self.risk |= depth > 85;
        (0..depth).fold(Json::Null, |inside, n| {
            if n % 2 == 0 {
                vec![inside].into()
            } else {
                Json::Object([("k".to_owned(), inside)].into_iter().collect())
            }
        })
    }

    fn loose(&mut self) -> Loose {
        if self.carried {
            return Loose::Small(9);
        }
        match self.random.below(9) {
            0 => Loose::Small(self.random.one_of(&[0, 9, 255])),
            1 => {
                let number = self.random.one_of(&[1, 256, u64::MAX]);
                self.risk |= number < 256;
                Loose::Number(number)
            }
            2 => {
                let number = self.random.one_of(&[-1, 1, i64::MIN]);
                self.risk |= number >= 0;
                Loose::Negative(number)
            }
            3 => Loose::Float(self.float()),
            4 => Loose::Letter(self.random.letter()),
            5 => {
                let text = self.random.text();
                self.risk |= text.chars().count() == 1;
                Loose::Text(text)
            }
            6 => Loose::Two((1, 2)),
            7 => {
                let list: Vec<u16> = self.random.many(|random| random.one_of(&[1, 256]));
                self.risk |= list.len() == 2;
                Loose::List(list)
            }
            _ => Loose::Struct { x: self.single() },
        }
    }

    fn named(&mut self) -> Named {
        let (may_be, r#type) = (self.random.some(Random::text), self.random.one_of(&[-128, 0, 127]));
        Named {
            may_be,
            floats: (0..self.random.below(3)).map(|_| self.float()).collect(),
            r#type,
            cached: (),
        }
    }

    fn tagged(&mut self) -> Any {
        match self.random.below(if self.carried { 3 } else { 7 }) {
            0 => Any::Internal(Internal::Unit),
            1 => Any::Internal(Internal::New(self.named())),
            2 => {
                let (float, small, text) = (self.float(), self.single(), self.random.text());
                Any::Internal(Internal::Struct { float, small, text })
            }
            3 => Any::Internal(Internal::Wide { wide: self.buffered() }),
            4 => {
                // serde's buffer gives keys out as text alone.
                let keys: BTreeMap<_, _> =
                    (0..self.random.below(3)).map(|n| (u32::try_from(n).unwrap(), 1)).collect();
                self.risk |= !keys.is_empty();
                Any::Internal(Internal::Keys { keys })
            }
            5 => Any::Internal(Internal::Letters {
                letter: self.random.letter(),
                bytes: self.random.many(|random| random.one_of(&[0, 255])),
                names: [(Name::Second, i64::MIN)].into(),
            }),
            _ => {
                let rest = (0..self.random.below(3)).map(|n| (format!("more{n}"), self.json(1))).collect();
                let wide = self.random.below(2) == 0;
                let wide = wide.then(|| self.buffered());
                let inner = Inner { float: self.float(), number: self.random.next().cast_signed(), wide };
                Any::Flat(Flat { own: 1, inner, rest })
            }
        }
    }

    fn adjacent(&mut self) -> Any {
        // Behind its content, as a sorted object has it, the tag makes serde buffer that, and with it the wide number.
        Any::Adjacent(match self.random.below(if self.carried { 3 } else { 4 }) {
            0 => Adjacent::Unit,
            1 => Adjacent::New(self.float()),
            2 => Adjacent::Tuple(self.random.next(), self.random.next().cast_signed()),
            _ => {
                let keys = (0..self.random.below(3)).map(|n| (n.cast_signed() - 1, self.float())).collect();
                Adjacent::Struct { wide: self.wide(), keys }
            }
        })
    }

    fn external(&mut self) -> Any {
        Any::External(match self.random.below(4) {
            0 => External::Unit,
            1 => External::New(self.wide()),
            2 => External::Tuple(self.float(), self.random.text()),
            _ => {
                let b = self.random.below(2) == 0;
                External::Struct { a: self.signed(), b: b.then(|| self.single()) }
            }
        })
    }

    fn maybe(&mut self, depth: u32) -> Any {
        match self.random.below(4) {
            0 if depth > 0 => {
                let inside = self.random.below(4) > 0;
                Any::Maybe(inside.then(|| Box::new(self.any(depth - 1))))
            }
            1 => {
                let inside = self.random.one_of(&[None, Some(None), Some(Some(3))]);
                self.risk |= inside == Some(None);
                Any::Twice(inside)
            }
            2 => {
                let inside = self.random.one_of(&[None, Some(())]);
                self.risk |= inside.is_some();
                Any::MaybeUnit(inside)
            }
            _ => {
                let inside = self.random.below(2) == 0;
                let inside = inside.then(|| self.json(2));
                self.risk |= inside == Some(Json::Null);
                Any::MaybeJson(inside)
            }
        }
    }

    fn map(&mut self, depth: u32) -> Any {
        let depth = depth.saturating_sub(1);
        match self.random.below(8) {
            0 => Any::ByText(
                (0..self.random.below(4)).map(|_| (self.random.text(), self.any(depth))).collect(),
            ),
            1 => {
                let some = self.random.below(4);
                Any::ByNumber(
                    (0..some).map(|_| (self.random.next().cast_signed(), self.any(depth))).collect(),
                )
            }
            2 => {
                Any::ByWide((0..self.random.below(40)).map(|_| (self.random.wide(), self.signed())).collect())
            }
            3 => Any::ByLetter((0..self.random.below(4)).map(|_| (self.random.letter(), 1)).collect()),
            4 => Any::ByBool([(true, 1), (false, 0)].into()),
            5 => Any::ByName([(Name::First, self.float()), (Name::Second, 0.5)].into()),
            6 => {
                let some = self.random.below(30);
                let set = |maker: &mut Self| (0..maker.random.below(3)).map(|_| maker.signed()).collect();
                Any::Sets((0..some).map(|n| (u32::try_from(n).unwrap(), set(self))).collect())
            }
            _ if self.by_value => Any::Nothing,
            _ => Any::Order(Ordered((0..30).map(|_| (format!("k{}", self.random.below(99)), 1)).collect())),
        }
    }

    fn any(&mut self, depth: u32) -> Any {
        match self.random.below(24) {
            0 => Any::Marker(Marker),
            1 => Any::Bool(true),
            2 => Any::Small(i8::MIN, u8::MAX, i16::MIN, u16::MAX),
            3 => Any::Numbers(i32::MIN, u32::MAX, self.random.next().cast_signed(), self.random.next()),
            4 => Any::Wide(self.signed(), self.wide()),
            5 => Any::Single(self.single()),
            6 => Any::Float(self.float()),
            7 => Any::Letter(self.random.letter()),
            8 => Any::Text(self.random.text()),
            9 => Any::Bytes(self.random.many(|random| random.one_of(&[0, 34, 255]))),
            10 => self.maybe(depth),
            11 if depth > 0 => Any::List((0..self.random.below(5)).map(|_| self.any(depth - 1)).collect()),
            12 => Any::Tuple((1, self.float(), self.random.text())),
            13 => Any::Array([self.single(), 0.5, 1e10]),
            14 => Any::New(New(self.single())),
            15 => Any::Pair(Pair(self.signed(), self.random.letter(), None)),
            16 => Any::Named(self.named()),
            17 => self.external(),
            18 => self.tagged(),
            19 => self.adjacent(),
            20 => Any::Loose((0..self.random.below(4)).map(|_| self.loose()).collect()),
            21 => Any::Set(self.random.many(|random| random.below(9999).to_string())),
            22 => match self.random.below(3) {
                0 => Any::Deep(self.deep()),
                _ => Any::Json(self.json(3)),
            },
            _ => self.map(depth),
        }
    }
}

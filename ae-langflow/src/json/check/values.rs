//! Values, and how each kind of them is written.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{At, Check, Checked, Inside, MARK, Step, Trail};
use crate::json::kinds;

macro_rules! integers {
    ($($method:ident $ty:ty, $kind:literal;)*) => {$(
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            #[allow(unused_comparisons, reason = "the same code for signed and unsigned numbers")]
            let negative = value < 0;
            let bits = <$ty>::BITS - if negative { !value } else { value }.leading_zeros();
            self.integer($kind, bits, negative, |to| to.$method(value))
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Check<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Inside<'a, S::SerializeSeq>;
    type SerializeTuple = Inside<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Inside<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Inside<'a, S::SerializeTupleVariant>;
    type SerializeMap = Inside<'a, S::SerializeMap>;
    type SerializeStruct = Inside<'a, S::SerializeStruct>;
    type SerializeStructVariant = Inside<'a, S::SerializeStructVariant>;

    integers! {
        serialize_i8 i8, 1;
        serialize_i16 i16, 2;
        serialize_i32 i32, 3;
        serialize_i64 i64, 4;
        serialize_i128 i128, 5;
        serialize_u8 u8, 6;
        serialize_u16 u16, 7;
        serialize_u32 u32, 8;
        serialize_u64 u64, 9;
        serialize_u128 u128, 10;
    }

    fn serialize_bool(self, value: bool) -> Result<S::Ok, S::Error> {
        self.leaf(11, 0, |to| to.serialize_bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.float(12, value.is_finite(), |to| to.serialize_f32(value))
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.float(13, value.is_finite(), |to| to.serialize_f64(value))
    }

    fn serialize_char(self, value: char) -> Result<S::Ok, S::Error> {
        self.leaf(14, 0, |to| to.serialize_char(value))
    }

    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        // One character may be read as a `char`.
        let class = value.chars().take(2).count() as u64;
        self.leaf(15, class, |to| to.serialize_str(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.leaf(16, value.len().min(8) as u64, |to| to.serialize_bytes(value))
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.null(17, Serializer::serialize_none)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Checked { value, at: At { in_some: true, ..self.at } })
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.null(18, Serializer::serialize_unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.null(19, |to| to.serialize_unit_struct(name))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.leaf(20, u64::from(index), |to| to.serialize_unit_variant(name, index, variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let mut at = self.at;
        if name == MARK {
            let form = kinds::name(std::any::type_name::<T>());
            at = At { marked: true, form, ..At::new(self.at.kinds) };
        }
        self.inner.serialize_newtype_struct(name, &Checked { value, at })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let inside = self.open(21, None, 1, Ok)?;
        let trail = Trail { up: Some(inside.at.trail), step: Step::Field(variant) };
        let at = inside.at.part(&trail, u64::from(index));
        inside.inner.serialize_newtype_variant(name, index, variant, &Checked { value, at })
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.open(22, len, 1, |to| to.serialize_seq(len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.open(23, Some(len), 1, |to| to.serialize_tuple(len))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.open(24, Some(len), 1, |to| to.serialize_tuple_struct(name, len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let kind = kinds::mix(25, u64::from(index));
        self.open(kind, Some(len), 2, |to| to.serialize_tuple_variant(name, index, variant, len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.open(26, len, 1, |to| to.serialize_map(len))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        // So serde_json names numbers and raw texts, which are no objects in the end.
        let levels = usize::from(!name.starts_with("$serde_json::private::"));
        self.open(27, Some(len), levels, |to| to.serialize_struct(name, len))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let kind = kinds::mix(28, u64::from(index));
        self.open(kind, Some(len), 2, |to| to.serialize_struct_variant(name, index, variant, len))
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.leaf(29, 0, |to| to.collect_str(value))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

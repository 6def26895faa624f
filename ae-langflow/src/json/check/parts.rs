//! The parts of lists and objects.

use serde::{Serialize, ser};

use super::{Checked, Inside, Step, Trail};
use crate::json::kinds;

/// Lists, and tuples, whose parts may have several types.
macro_rules! items {
    ($($of:ident $method:ident $per_index:literal;)*) => {$(
        impl<C: ser::$of> ser::$of for Inside<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let trail = Trail { up: Some(self.at.trail), step: Step::Index(self.index) };
                let name = if $per_index { self.index as u64 } else { 0 };
                self.index += 1;
                self.inner.$method(&Checked { value, at: self.at.part(&trail, name) })
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element false;
    SerializeTuple serialize_element true;
    SerializeTupleStruct serialize_field true;
    SerializeTupleVariant serialize_field true;
}

macro_rules! fields {
    ($($of:ident)*) => {$(
        impl<C: ser::$of> ser::$of for Inside<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                let trail = Trail { up: Some(self.at.trail), step: Step::Field(name) };
                let at = self.at.part(&trail, kinds::name(name));
                self.inner.serialize_field(name, &Checked { value, at })
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl<C: ser::SerializeMap> Inside<'_, C> {
    fn key<K: Serialize + ?Sized>(&mut self, key: &K, step: Step<'_>) -> Result<(), C::Error> {
        let trail = Trail { up: Some(self.at.trail), step };
        self.inner.serialize_key(&Checked { value: key, at: self.at.part(&trail, 1) })
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T, step: Step<'_>) -> Result<(), C::Error> {
        let trail = Trail { up: Some(self.at.trail), step };
        self.inner.serialize_value(&Checked { value, at: self.at.part(&trail, 0) })
    }
}

impl<C: ser::SerializeMap> ser::SerializeMap for Inside<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.index += 1;
        self.key(key, Step::Index(self.index - 1))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.value(value, Step::Index(self.index.saturating_sub(1)))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), C::Error> {
        let shown = || serde_json::to_string(key).unwrap_or_default();
        self.key(key, Step::Key(&shown))?;
        self.value(value, Step::Key(&shown))
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

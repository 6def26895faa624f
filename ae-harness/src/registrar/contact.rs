//! To whom a domain name will belong.

use std::fmt;

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind, Secret};
use serde::Deserialize;

const BACKEND: &str = "contact";
/// The longest field.
const FIELD_MAX: usize = 200;

/// The person or company to whom a name will belong, as registries ask for it. Registries may publish parts of it.
///
/// Personal data: it is shown nowhere, and leaves the program only in the request of a purchase.
///
/// ```
/// use ae_harness::Contact;
///
/// let contact = Contact::from_json(
///     r#"{"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": "+441632960961",
///         "street": "1 Example Street", "city": "London", "state": "London", "postal_code": "N1 9GU",
///         "country": "GB"}"#,
/// )?;
/// assert!(!format!("{contact:?}").contains("Ada"));
/// # Ok::<(), ae_core::BackendError>(())
/// ```
#[derive(Clone)]
pub struct Contact {
    fields: [Secret<String>; FIELDS.len()],
    company: Option<Secret<String>>,
    street_more: Option<Secret<String>>,
}

/// The fields that every contact has, in the order of [`Contact::fields`].
const FIELDS: [&str; 9] =
    ["first name", "last name", "e-mail", "phone", "street", "city", "state", "postal code", "country"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    street: String,
    city: String,
    state: String,
    postal_code: String,
    country: String,
    company: Option<String>,
    street_more: Option<String>,
}

impl Contact {
    /// Reads a JSON object with the texts `first_name`, `last_name`, `email`, `phone` (E.164, such as `+441632960961`),
    /// `street`, `city`, `state`, `postal_code`, `country` (two capital letters, ISO 3166-1) and, if need be, `company` and
    /// `street_more`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` that names the field or the place in the text, and never a value.
    pub fn from_json(text: &str) -> Result<Self, BackendError> {
        // The parser's own message can quote a value, so its place alone is kept.
        let wire: Wire = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            refused(format!(
                "the contact can't be read at line {line} column {column}: write a JSON object with first_name, \
                 last_name, email, phone, street, city, state, postal_code, country, and company and street_more if need be"
            ))
        })?;
        let fields = [
            wire.first_name,
            wire.last_name,
            wire.email,
            wire.phone,
            wire.street,
            wire.city,
            wire.state,
            wire.postal_code,
            wire.country,
        ];
        let contact = Self {
            fields: fields.map(Secret::new),
            company: wire.company.map(Secret::new),
            street_more: wire.street_more.map(Secret::new),
        };
        contact.check()?;
        Ok(contact)
    }

    /// SHA-256 over all fields: names the contact in approvals and records without showing it.
    pub fn digest(&self) -> Digest {
        let writer = self
            .fields
            .iter()
            .fold(DigestWriter::new("contact/1"), |writer, field| writer.field(field.expose().as_bytes()));
        [&self.company, &self.street_more]
            .iter()
            .fold(writer, |writer, field| writer.field(text_of(field).unwrap_or_default().as_bytes()))
            .finish()
    }

    /// The first name, last name, e-mail, phone, street, city, state, postal code and country: personal data, for the
    /// request of a vendor.
    pub fn expose(&self) -> [&str; 9] {
        self.fields.each_ref().map(|field| field.expose().as_str())
    }

    /// The company, if any: personal data, for the request of a vendor.
    pub fn expose_company(&self) -> Option<&str> {
        text_of(&self.company)
    }

    /// The second line of the street, if any: personal data, for the request of a vendor.
    pub fn expose_street_more(&self) -> Option<&str> {
        text_of(&self.street_more)
    }

    /// Refuses a malformed field, by its name.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        let texts = self.expose();
        for (name, text) in FIELDS.iter().zip(texts) {
            check_text(name, text)?;
        }
        for (name, text) in
            [("company", self.expose_company()), ("second street line", self.expose_street_more())]
        {
            text.map_or(Ok(()), |text| check_text(name, text))?;
        }
        let [_, _, email, phone, _, _, _, _, country] = texts;
        if !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
            return Err(refused("the contact's e-mail is not an address such as ada@example.com".to_owned()));
        }
        let digits = phone.strip_prefix('+').unwrap_or_default();
        if !(7..=15).contains(&digits.len())
            || digits.starts_with('0')
            || !digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            return Err(refused(
                "the contact's phone is not in the form +441632960961 (E.164: plus, country code, digits)"
                    .to_owned(),
            ));
        }
        if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(refused("the contact's country is not two capital letters such as GB".to_owned()));
        }
        Ok(())
    }
}

fn text_of(field: &Option<Secret<String>>) -> Option<&str> {
    field.as_ref().map(|field| field.expose().as_str())
}

fn check_text(name: &str, text: &str) -> Result<(), BackendError> {
    let is_plain = !text.is_empty()
        && text.len() <= FIELD_MAX
        && text.trim() == text
        && !text.chars().any(char::is_control);
    if is_plain {
        return Ok(());
    }
    Err(refused(format!(
        "the contact's {name} is empty, longer than {FIELD_MAX} bytes, or has blanks or control characters around it"
    )))
}

fn refused(message: String) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, BACKEND, "read", message)
}

/// Shows nothing of it.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json() -> serde_json::Value {
        serde_json::json!({
            "first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": "+441632960961",
            "street": "1 Example Street", "city": "London", "state": "London", "postal_code": "N1 9GU", "country": "GB",
        })
    }

    #[test]
    fn every_field_counts_and_none_is_shown() {
        let whole = Contact::from_json(&json().to_string()).unwrap();
        for field in json().as_object().unwrap().keys() {
            let mut other = json();
            other[field] = if field == "country" { "FR" } else { "+331632960961" }.into();
            if field == "email" {
                other[field] = "b@example.com".into();
            }
            let other = Contact::from_json(&other.to_string()).unwrap();
            assert_ne!(other.digest(), whole.digest(), "{field}");
        }
        assert_eq!(format!("{whole:?}"), "Contact(***)");
    }

    #[test]
    fn a_malformed_field_is_named_and_not_quoted() {
        let bad = [
            ("first_name", " Hunter"),
            ("email", "hunter-example.com"),
            ("phone", "0044 1632 hunter"),
            ("phone", "+0441632960961"),
            ("country", "hunter"),
            ("city", "hunter\nville"),
            ("state", ""),
        ];
        for (field, value) in bad {
            let mut wrong = json();
            wrong[field] = value.into();
            let error = Contact::from_json(&wrong.to_string()).unwrap_err();
            assert!(!format!("{error:?}{error}").to_lowercase().contains("hunter"), "{error}");
        }
        for text in ["", "[]", r#"{"first_name": 1234567}"#, r#"{"hunter2": "x"}"#] {
            let error = Contact::from_json(text).unwrap_err();
            let shown = format!("{error:?}");
            assert!(!shown.contains("1234567") && !shown.contains("hunter2"), "{shown}");
        }
    }
}

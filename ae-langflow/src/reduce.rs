//! The built-in reducers, as `#[reduce(…)]` names them. A reducer is pure: `fn(&mut T, T)`.

/// `#[reduce(append)]`: the new items go after the old ones.
pub fn append<T, I>(have: &mut T, new: T)
where
    T: Extend<I> + IntoIterator<Item = I>,
{
    have.extend(new);
}

/// `#[reduce(merge)]`: for maps and sets; of two entries with the same key the later one counts.
pub fn merge<T, I>(have: &mut T, new: T)
where
    T: Extend<I> + IntoIterator<Item = I>,
{
    have.extend(new);
}

/// `#[reduce(max)]`: the larger value counts.
pub fn max<T: PartialOrd>(have: &mut T, new: T) {
    if new > *have {
        *have = new;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn they_do_what_their_names_say() {
        let mut list = vec![1];
        append(&mut list, vec![3, 2]);
        assert_eq!(list, [1, 3, 2]);
        let mut map = BTreeMap::from([("a", 1), ("b", 1)]);
        merge(&mut map, BTreeMap::from([("b", 2)]));
        assert_eq!(map, BTreeMap::from([("a", 1), ("b", 2)]));
        let mut top = 2;
        max(&mut top, 1);
        assert_eq!(top, 2);
        max(&mut top, 5);
        assert_eq!(top, 5);
    }
}

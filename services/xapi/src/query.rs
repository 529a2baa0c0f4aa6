//! Parameters of an address: each is known and comes once.

use crate::reply::Refused;
use std::collections::BTreeMap;

/// Parameters by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    /// Parses the part behind the question mark.
    ///
    /// # Errors
    /// A parameter that there is none of here, or one that comes twice.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Query, Refused> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                return Err(wrong(
                    &name,
                    "不用這個參數，請刪去。This parameter is not taken here: leave it out.",
                ));
            }
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(wrong(
                    &name,
                    "這個參數出現兩次，請留一個。This parameter is there twice: keep one.",
                ));
            }
        }
        Ok(Query(parameters))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// `true` or `false`; Python's clients write `True`.
    ///
    /// # Errors
    /// Anything else.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(wrong(name, "請填 true 或 false。Write true or false.")),
        }
    }

    /// The address of the next page.
    pub(crate) fn more(&self, cursor: &str) -> String {
        let mut address = form_urlencoded::Serializer::new(String::new());
        address.extend_pairs(self.0.iter().filter(|(name, _)| *name != "cursor"));
        address.append_pair("cursor", cursor);
        format!("/xapi/statements?{}", address.finish())
    }
}

/// A parameter that cannot be used.
pub(crate) fn wrong(name: &str, message: &str) -> Refused {
    Refused::bad(name, "XAPI_PARAMETER", message)
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn each_parameter_is_known_and_comes_once() {
        let query = Query::parse(Some("limit=5&ascending=true"), &["limit", "ascending"]).unwrap();
        assert_eq!(query.text("limit"), Some("5"));
        assert!(query.flag("ascending").unwrap());
        assert_eq!(query.more("p 1"), "/xapi/statements?ascending=true&limit=5&cursor=p+1");
        for text in ["limit=5&limit=6", "Limit=5", "method=PUT"] {
            assert_eq!(Query::parse(Some(text), &["limit"]).unwrap_err().reason, "XAPI_PARAMETER");
        }
        assert!(Query::parse(None, &[]).is_ok());
    }
}

//! A validator for the part of JSON Schema (draft 2020-12) that the schemas in `docs/` use.
//!
//! The rule that is easy to break: a keyword that it does not know is an error of the schema. Passed
//! over, it would promise a check that nobody makes.

use serde_json::Value;

/// Whether `value` is valid; if not, the way to what is wrong, and why.
pub fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    Schema { root: schema }.check(schema, value, "")
}

struct Schema<'a> {
    root: &'a Value,
}

impl Schema<'_> {
    fn check(&self, rule: &Value, value: &Value, path: &str) -> Result<(), String> {
        let no = |why: String| Err(format!("{path}: {why}"));
        for (keyword, wanted) in rule.as_object().expect("a rule is an object") {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => {}
                "additionalProperties" | "required" | "properties" => {}
                "$ref" => self.check(self.find(wanted), value, path)?,
                "type" if !is(wanted, value) => return no(format!("is no {wanted}")),
                "const" if wanted != value => return no(format!("is not {wanted}")),
                "enum" if !list(wanted).contains(value) => {
                    return no(format!("is none of {wanted}"));
                }
                "minimum" if whole(value).is_some_and(|n| n < bound(wanted)) => {
                    return no(format!("is less than {wanted}"));
                }
                "maximum" if whole(value).is_some_and(|n| n > bound(wanted)) => {
                    return no(format!("is more than {wanted}"));
                }
                "pattern" if !value.as_str().is_none_or(|s| matches(wanted, s)) => {
                    return no(format!("does not match {wanted}"));
                }
                "maxItems" if value.as_array().is_some_and(|l| l.len() as i128 > bound(wanted)) => {
                    return no("has too many items".to_owned());
                }
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{path}[{i}]"))?;
                    }
                }
                "oneOf" => self.one_of(list(wanted), value, path)?,
                "type" | "const" | "enum" | "minimum" | "maximum" | "pattern" | "maxItems" => {}
                other => panic!("the schema uses '{other}', which this validator does not know"),
            }
        }
        self.fields(rule, value, path)
    }

    fn find(&self, reference: &Value) -> &Value {
        let name = reference.as_str().and_then(|r| r.strip_prefix("#/$defs/"));
        let name = name.unwrap_or_else(|| panic!("{reference} points into no $defs"));
        self.root["$defs"].get(name).unwrap_or_else(|| panic!("there is no {name}"))
    }

    fn one_of(&self, rules: &[Value], value: &Value, path: &str) -> Result<(), String> {
        let tried: Vec<_> = rules.iter().map(|r| self.check(r, value, path)).collect();
        match tried.iter().filter(|t| t.is_ok()).count() {
            1 => Ok(()),
            0 => Err(format!("{path}: is none of its kinds: {tried:?}")),
            n => Err(format!("{path}: is {n} kinds at once")),
        }
    }

    fn fields(&self, rule: &Value, value: &Value, path: &str) -> Result<(), String> {
        let Some(fields) = value.as_object() else {
            return Ok(());
        };
        for name in rule.get("required").map_or(&[][..], |r| list(r)) {
            if !fields.contains_key(name.as_str().expect("a name")) {
                return Err(format!("{path}: has no {name}"));
            }
        }
        for (name, field) in fields {
            let known = rule.get("properties").and_then(|p| p.get(name));
            let path = format!("{path}.{name}");
            match (known, rule.get("additionalProperties")) {
                (Some(known), _) => self.check(known, field, &path)?,
                (None, Some(Value::Bool(false))) => return Err(format!("{path}: is unknown")),
                (None, Some(others)) => self.check(others, field, &path)?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => whole(value).is_some(),
        "number" => value.is_number(),
        other => panic!("the schema uses the type '{other}'"),
    }
}

fn whole(value: &Value) -> Option<i128> {
    let signed = value.as_i64().map(i128::from);
    signed.or_else(|| value.as_u64().map(i128::from))
}

fn bound(value: &Value) -> i128 {
    whole(value).expect("a whole number")
}

/// The patterns of the schema, each by hand.
fn matches(pattern: &Value, text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match pattern.as_str().expect("a text") {
        "^[0-9]+$" => digits(text),
        "^[a-z0-9-]+$" => {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !text.is_empty() && text.bytes().all(plain)
        }
        "^([nme][0-9]+|l[0-9]+-[0-9]+)$" => match text.split_at_checked(1) {
            Some(("n" | "m" | "e", n)) => digits(n),
            Some(("l", ends)) => ends.split_once('-').is_some_and(|(a, b)| digits(a) && digits(b)),
            _ => false,
        },
        other => panic!("the schema uses the pattern {other}"),
    }
}

//! JSON Schema of the output formats, made from the wire structs and their documentation.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{documents, triples};

/// Schema of a line of `--emit documents`.
pub fn documents() -> Schema {
    schema_of::<documents::Document>()
}

/// Schema of a line of `--emit triples`.
pub fn triples() -> Schema {
    schema_of::<triples::Triple>()
}

pub(crate) fn schema_of<T: JsonSchema>() -> Schema {
    // As written: every field is there, `null` where nothing is known.
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::write::samples;

    fn check(schema: &Schema, good: &Value) {
        let validator = jsonschema::validator_for(schema.as_value()).unwrap();
        if let Err(error) = validator.validate(good) {
            panic!("{error}");
        }
        let object = good.as_object().unwrap();
        for name in object.keys() {
            let mut less = object.clone();
            less.remove(name);
            assert!(!validator.is_valid(&Value::Object(less)), "{name} is not required");
            let mut other = object.clone();
            other.insert(name.clone(), json!({"no": "such"}));
            assert!(!validator.is_valid(&Value::Object(other)), "{name} may be anything");
        }
        let mut more = object.clone();
        more.insert("more".to_owned(), Value::Null);
        assert!(!validator.is_valid(&Value::Object(more)));
        let properties = schema.as_value()["properties"].as_object().unwrap();
        for (name, property) in properties {
            assert!(property["description"].is_string(), "{name} has no description");
        }
    }

    #[test]
    fn output_is_what_the_schema_says() {
        let related = samples::related();
        check(&super::documents(), &serde_json::to_value(documents::Document::of(&related)).unwrap());
        check(&super::triples(), &serde_json::to_value(triples::of(&related).next().unwrap()).unwrap());
    }
}

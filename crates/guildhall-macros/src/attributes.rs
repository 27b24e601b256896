//! What serde's attributes and our own say about a type, a variant or a field.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitInt, LitStr, Token, Type};

/// How serde writes names.
#[derive(Clone, Copy, Default)]
pub(crate) enum RenameRule {
    #[default]
    None,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// Attributes of a type.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: RenameRule,
    pub(crate) rename_all_fields: RenameRule,
    pub(crate) default: bool,
    pub(crate) closed: bool,
    pub(crate) transparent: bool,
    pub(crate) untagged: bool,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    /// The type whose form this one has.
    pub(crate) form: Option<Type>,
}

/// Attributes of a field or a variant.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) rename: Option<String>,
    pub(crate) rename_all: RenameRule,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) flatten: bool,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    /// Place among a command's arguments without flags.
    pub(crate) positional: Option<u32>,
    pub(crate) form: Option<Type>,
}

/// What `#[schema(...)]` may say about a type.
const OF_TYPES: &[&str] = &["as"];
/// What it may say about a field.
const OF_MEMBERS: &[&str] = &["minimum", "maximum", "positional", "as"];

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut own = Self::default();
        each(attributes, OF_TYPES, |meta| {
            if meta.path.is_ident("rename") {
                own.rename = deserialize_name(&meta)?;
            } else if meta.path.is_ident("rename_all") {
                own.rename_all = rename_rule(&meta)?;
            } else if meta.path.is_ident("rename_all_fields") {
                own.rename_all_fields = rename_rule(&meta)?;
            } else if meta.path.is_ident("default") {
                own.default = true;
                skip_value(&meta)?;
            } else if meta.path.is_ident("deny_unknown_fields") {
                own.closed = true;
            } else if meta.path.is_ident("transparent") {
                own.transparent = true;
            } else if meta.path.is_ident("untagged") {
                own.untagged = true;
            } else if meta.path.is_ident("tag") {
                own.tag = Some(string(&meta)?);
            } else if meta.path.is_ident("content") {
                own.content = Some(string(&meta)?);
            } else if ["try_from", "from", "as"]
                .iter()
                .any(|name| meta.path.is_ident(name))
            {
                own.form = Some(typed(&meta)?);
            } else {
                skip_value(&meta)?;
            }
            Ok(())
        })?;
        Ok(own)
    }
}

impl Member {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut own = Self::default();
        let mut with = None;
        each(attributes, OF_MEMBERS, |meta| {
            if meta.path.is_ident("rename") {
                own.rename = deserialize_name(&meta)?;
            } else if meta.path.is_ident("rename_all") {
                own.rename_all = rename_rule(&meta)?;
            } else if meta.path.is_ident("default") {
                own.default = true;
                skip_value(&meta)?;
            } else if meta.path.is_ident("skip") || meta.path.is_ident("skip_deserializing") {
                own.skip = true;
            } else if meta.path.is_ident("flatten") {
                own.flatten = true;
            } else if meta.path.is_ident("minimum") {
                own.minimum = Some(integer(&meta)?);
            } else if meta.path.is_ident("maximum") {
                own.maximum = Some(integer(&meta)?);
            } else if meta.path.is_ident("positional") {
                own.positional = Some(place(&meta)?);
            } else if meta.path.is_ident("as") {
                own.form = Some(typed(&meta)?);
            } else {
                if meta.path.is_ident("with") || meta.path.is_ident("deserialize_with") {
                    with = Some(meta.error(
                        "the form of this field is not known here; add `#[schema(as = \"Type\")]` with a type of the same form",
                    ));
                }
                skip_value(&meta)?;
            }
            Ok(())
        })?;
        match with {
            Some(error) if own.form.is_none() && !own.skip => Err(error),
            _ => Ok(own),
        }
    }
}

impl RenameRule {
    /// Applies the rule to the name of a field, which is in snake case.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::None | Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_uppercase(),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_uppercase().replace('_', "-"),
            Self::Pascal => pascal(name),
            Self::Camel => lower_first(&pascal(name)),
        }
    }

    /// Applies the rule to the name of a variant, which is in Pascal case.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::None | Self::Pascal => name.to_owned(),
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Camel => lower_first(name),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        })
        .collect::<Vec<String>>()
        .concat()
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Hands over what serde's attributes say, whose other keys serde checks itself, and what
/// ours say, which must be one of `ours`: a word that nobody reads would say nothing.
fn each(
    attributes: &[Attribute],
    ours: &[&str],
    mut take: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    for attribute in attributes {
        if attribute.path().is_ident("serde") {
            attribute.parse_nested_meta(&mut take)?;
        } else if attribute.path().is_ident("schema") {
            attribute.parse_nested_meta(|meta| {
                if ours.iter().any(|known| meta.path.is_ident(known)) {
                    return take(meta);
                }
                let known = ours.join("`, `");
                Err(meta.error(format!("`#[schema(...)]` knows `{known}` here")))
            })?;
        }
    }
    Ok(())
}

fn string(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn typed(meta: &ParseNestedMeta<'_>) -> syn::Result<Type> {
    meta.value()?.parse::<LitStr>()?.parse()
}

fn integer(meta: &ParseNestedMeta<'_>) -> syn::Result<i64> {
    let value = meta.value()?;
    let negative = value.parse::<Option<Token![-]>>()?.is_some();
    let digits = value.parse::<LitInt>()?.base10_parse::<i64>()?;
    Ok(if negative { -digits } else { digits })
}

/// A place among arguments, counted from 1.
fn place(meta: &ParseNestedMeta<'_>) -> syn::Result<u32> {
    match u32::try_from(integer(meta)?) {
        Ok(place) if place > 0 => Ok(place),
        _ => Err(meta.error("arguments are counted from 1: `#[schema(positional = 1)]`")),
    }
}

/// `rename = "x"` or `rename(deserialize = "x", serialize = "y")`.
fn deserialize_name(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if meta.input.peek(Token![=]) {
        return string(meta).map(Some);
    }
    let mut name = None;
    meta.parse_nested_meta(|inner| {
        let text = string(&inner)?;
        if inner.path.is_ident("deserialize") {
            name = Some(text);
        }
        Ok(())
    })?;
    Ok(name)
}

fn rename_rule(meta: &ParseNestedMeta<'_>) -> syn::Result<RenameRule> {
    let Some(text) = deserialize_name(meta)? else {
        return Ok(RenameRule::None);
    };
    Ok(match text.as_str() {
        "lowercase" => RenameRule::Lower,
        "UPPERCASE" => RenameRule::Upper,
        "PascalCase" => RenameRule::Pascal,
        "camelCase" => RenameRule::Camel,
        "snake_case" => RenameRule::Snake,
        "SCREAMING_SNAKE_CASE" => RenameRule::ScreamingSnake,
        "kebab-case" => RenameRule::Kebab,
        "SCREAMING-KEBAB-CASE" => RenameRule::ScreamingKebab,
        _ => return Err(meta.error("not one of serde's rules for names")),
    })
}

/// Steps over the value of an attribute that says nothing about the form.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_word_that_nobody_reads_is_an_error() {
        for attribute in [
            parse_quote!(#[schema(minimun = 1)]),
            parse_quote!(#[schema(rename = "x")]),
        ] {
            let error = Member::parse(&[attribute]).err().unwrap();
            assert!(error.to_string().contains("knows `minimum`"), "{error}");
        }
        let of_type = [parse_quote!(#[schema(minimum = 1)])];
        assert!(Container::parse(&of_type).is_err());
    }

    #[test]
    fn what_serde_alone_reads_is_left_to_it() {
        let attributes = [
            parse_quote!(#[serde(skip_serializing_if = "Option::is_none", alias = "x")]),
            parse_quote!(#[schema(minimum = -1, maximum = 9)]),
        ];
        let member = Member::parse(&attributes).unwrap();
        assert_eq!((member.minimum, member.maximum), (Some(-1), Some(9)));
    }
}

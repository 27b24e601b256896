//! `#[derive(Schema)]`: writes a type's JSON Schema as a constant.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Data, DataEnum, DeriveInput, Field, Fields, GenericArgument, Ident, PathArguments, Type,
    Variant, parse_quote,
};

use crate::attributes::{Container, Member, RenameRule};
use crate::docs;

/// Expands the derive; `core` is the path of guildhall-core for the caller.
pub(crate) fn derive(input: TokenStream, core: &TokenStream) -> syn::Result<TokenStream> {
    let mut input: DeriveInput = syn::parse2(input)?;
    let shape = Writer { core: core.clone() }.container(&input)?;
    let bounds: Vec<Ident> = input
        .generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    for param in bounds {
        input
            .generics
            .make_where_clause()
            .predicates
            .push(parse_quote!(#param: #core::schema::Schema));
    }
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #core::schema::Schema for #name #type_generics #where_clause {
            const SHAPE: #core::schema::Shape = #shape;
        }
    })
}

/// Title and description of the object that is being written.
struct Heading {
    title: String,
    description: String,
}

impl Heading {
    fn none() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
        }
    }
}

struct Writer {
    core: TokenStream,
}

impl Writer {
    fn container(&self, input: &DeriveInput) -> syn::Result<TokenStream> {
        let container = Container::parse(&input.attrs)?;
        if let Some(form) = &container.form {
            return Ok(self.shape_of(form));
        }
        let heading = Heading {
            title: container
                .rename
                .clone()
                .unwrap_or_else(|| input.ident.to_string()),
            description: docs::text(&input.attrs),
        };
        match &input.data {
            Data::Struct(data) => self.structure(&data.fields, &container, &heading),
            Data::Enum(data) => self.enumeration(data, &container, &heading),
            Data::Union(_) => Err(syn::Error::new_spanned(
                &input.ident,
                "a union has no JSON form; derive `Schema` for a struct or an enum",
            )),
        }
    }

    fn structure(
        &self,
        fields: &Fields,
        container: &Container,
        heading: &Heading,
    ) -> syn::Result<TokenStream> {
        let core = &self.core;
        if container.transparent
            && let Some(field) = fields.iter().next()
        {
            return Ok(self.shape_of(&field.ty));
        }
        match fields {
            Fields::Named(_) => {
                let list = self.fields(fields, container.rename_all, container.default)?;
                Ok(self.object(heading, &list, container.closed))
            }
            Fields::Unnamed(_) => self.tuple(fields),
            Fields::Unit => Ok(quote!(#core::schema::Shape::Null)),
        }
    }

    /// A struct's or a variant's unnamed fields: one is the field itself, more are
    /// a list.
    fn tuple(&self, fields: &Fields) -> syn::Result<TokenStream> {
        let core = &self.core;
        let mut shapes = Vec::new();
        for field in fields {
            let member = Member::parse(&field.attrs)?;
            if member.positional.is_some() {
                let text = "a field without a name is no argument, so it has no place";
                return Err(syn::Error::new_spanned(field, text));
            }
            shapes.push(self.member_shape(&member, &field.ty));
        }
        if let [shape] = shapes.as_slice() {
            return Ok(shape.clone());
        }
        Ok(quote!(#core::schema::Shape::Tuple(&[#(#shapes),*])))
    }

    fn enumeration(
        &self,
        data: &DataEnum,
        container: &Container,
        heading: &Heading,
    ) -> syn::Result<TokenStream> {
        let core = &self.core;
        let Heading { title, description } = heading;
        let mut variants = Vec::new();
        for variant in &data.variants {
            let member = Member::parse(&variant.attrs)?;
            if !member.skip {
                variants.push((variant, member));
            }
        }
        let plain = variants
            .iter()
            .all(|(variant, _)| matches!(variant.fields, Fields::Unit));
        if plain && container.tag.is_none() && !container.untagged {
            let names = variants.iter().map(|(variant, member)| {
                let (name, doc) = (
                    variant_name(variant, member, container),
                    docs::text(&variant.attrs),
                );
                quote!((#name, #doc))
            });
            return Ok(quote! {
                #core::schema::Shape::Names(#core::schema::Names {
                    title: #title, description: #description, values: &[#(#names),*],
                })
            });
        }
        let any = container.untagged;
        let mut shapes = Vec::new();
        for (variant, member) in &variants {
            shapes.push(self.variant(variant, member, container)?);
        }
        Ok(quote! {
            #core::schema::Shape::OneOf(#core::schema::OneOf {
                title: #title, description: #description, variants: &[#(#shapes),*], any: #any,
            })
        })
    }

    fn variant(
        &self,
        variant: &Variant,
        member: &Member,
        container: &Container,
    ) -> syn::Result<TokenStream> {
        let core = &self.core;
        let name = variant_name(variant, member, container);
        let rule = match member.rename_all {
            RenameRule::None => container.rename_all_fields,
            own => own,
        };
        let heading = Heading {
            title: String::new(),
            description: docs::text(&variant.attrs),
        };
        let content = |heading: &Heading| -> syn::Result<TokenStream> {
            match &variant.fields {
                Fields::Unit => Ok(quote!(#core::schema::Shape::Null)),
                Fields::Unnamed(_) => self.tuple(&variant.fields),
                Fields::Named(_) => {
                    let list = self.fields(&variant.fields, rule, false)?;
                    Ok(self.object(heading, &list, container.closed))
                }
            }
        };
        if container.untagged {
            return content(&heading);
        }
        let constant = quote!(#core::schema::Shape::Constant(#name));
        match (&container.tag, &container.content) {
            (Some(tag), Some(key)) => {
                let mut list = vec![self.field(tag, "", &quote!(true), false, &constant)];
                if !matches!(variant.fields, Fields::Unit) {
                    let shape = content(&Heading::none())?;
                    list.push(self.field(key, "", &quote!(true), false, &shape));
                }
                Ok(self.object(&heading, &list, container.closed))
            }
            (Some(tag), None) => {
                let mut list = vec![self.field(tag, "", &quote!(true), false, &constant)];
                match &variant.fields {
                    Fields::Unit => {}
                    Fields::Named(_) => list.extend(self.fields(&variant.fields, rule, false)?),
                    Fields::Unnamed(_) => {
                        let shape = self.tuple(&variant.fields)?;
                        list.push(self.field("", "", &quote!(true), true, &shape));
                    }
                }
                Ok(self.object(&heading, &list, container.closed))
            }
            (None, _) if matches!(variant.fields, Fields::Unit) => Ok(constant),
            (None, _) => {
                let shape = content(&Heading::none())?;
                let list = [self.field(&name, "", &quote!(true), false, &shape)];
                Ok(self.object(&heading, &list, true))
            }
        }
    }

    fn fields(
        &self,
        fields: &Fields,
        rule: RenameRule,
        all_default: bool,
    ) -> syn::Result<Vec<TokenStream>> {
        let mut list = Vec::new();
        let mut placed = BTreeMap::new();
        for field in fields {
            let member = Member::parse(&field.attrs)?;
            check_place(&member, field, &mut placed)?;
            if member.skip {
                continue;
            }
            let Some(ident) = &field.ident else { continue };
            let own = ident.to_string();
            let own = own.strip_prefix("r#").unwrap_or(&own);
            let name = member.rename.clone().unwrap_or_else(|| rule.field(own));
            let shape = self.member_shape(&member, &field.ty);
            let required = if member.default || all_default {
                quote!(false)
            } else {
                quote!(!(#shape).is_nullable())
            };
            let description = docs::text(&field.attrs);
            list.push(self.placed_field(&name, &description, &required, &member, &shape));
        }
        Ok(list)
    }

    fn member_shape(&self, member: &Member, own: &Type) -> TokenStream {
        let core = &self.core;
        let ty = member.form.as_ref().unwrap_or(own);
        if member.minimum.is_none() && member.maximum.is_none() {
            return self.shape_of(ty);
        }
        let bound = |value: Option<i64>| match value {
            Some(value) => quote!(::core::option::Option::Some(#value)),
            None => quote!(::core::option::Option::None),
        };
        let (minimum, maximum) = (bound(member.minimum), bound(member.maximum));
        // Behind the "or null" of an Option stands the number that is meant.
        let inner = self.shape_of(optional(ty).unwrap_or(ty));
        let bounded = quote!(#inner.bounded(#minimum, #maximum));
        match optional(ty) {
            Some(_) => quote!(#core::schema::Shape::Nullable(&const { #bounded })),
            None => bounded,
        }
    }

    fn shape_of(&self, ty: &Type) -> TokenStream {
        let core = &self.core;
        quote!(<#ty as #core::schema::Schema>::SHAPE)
    }

    fn field(
        &self,
        name: &str,
        description: &str,
        required: &TokenStream,
        flatten: bool,
        shape: &TokenStream,
    ) -> TokenStream {
        let member = Member {
            flatten,
            ..Member::default()
        };
        self.placed_field(name, description, required, &member, shape)
    }

    fn placed_field(
        &self,
        name: &str,
        description: &str,
        required: &TokenStream,
        member: &Member,
        shape: &TokenStream,
    ) -> TokenStream {
        let core = &self.core;
        let flatten = member.flatten;
        let positional = member.positional.unwrap_or_default();
        quote! {
            #core::schema::Field {
                name: #name,
                description: #description,
                required: #required,
                flatten: #flatten,
                positional: #positional,
                shape: #shape,
            }
        }
    }

    fn object(&self, heading: &Heading, fields: &[TokenStream], closed: bool) -> TokenStream {
        let core = &self.core;
        let Heading { title, description } = heading;
        quote! {
            #core::schema::Shape::Object(#core::schema::Object {
                title: #title,
                description: #description,
                fields: &[#(#fields),*],
                closed: #closed,
            })
        }
    }
}

/// Refuses a place that two fields have, or one that is not a property of its own.
fn check_place(
    member: &Member,
    field: &Field,
    placed: &mut BTreeMap<u32, String>,
) -> syn::Result<()> {
    let Some(place) = member.positional else {
        return Ok(());
    };
    let name = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    if member.skip || member.flatten {
        let text = "a field that is skipped or flattened is no argument, so it has no place";
        return Err(syn::Error::new_spanned(field, text));
    }
    match placed.insert(place, name) {
        Some(other) => Err(syn::Error::new_spanned(
            field,
            format!("the place {place} is that of `{other}` already"),
        )),
        None => Ok(()),
    }
}

fn variant_name(variant: &Variant, member: &Member, container: &Container) -> String {
    let own = format_ident!("{}", variant.ident).to_string();
    member
        .rename
        .clone()
        .unwrap_or_else(|| container.rename_all.variant(&own))
}

/// `T` of an `Option<T>`.
fn optional(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

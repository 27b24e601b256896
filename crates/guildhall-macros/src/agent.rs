//! `#[agent]`: makes an agent of an `impl` block of async methods.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser as _;
use syn::{
    Attribute, FnArg, GenericArgument, ImplItem, ImplItemFn, ItemImpl, LitInt, LitStr,
    PathArguments, ReturnType, Type,
};

use crate::docs;

/// Expands the attribute.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let options = Options::parse(arguments)?;
    let mut block: ItemImpl = syn::parse2(item)?;
    if let Some((path, _)) = &block.trait_ {
        return Err(syn::Error::new_spanned(
            path,
            "`#[agent]` belongs on the type's own `impl` block; to implement `Agent` by hand, leave the attribute out",
        ));
    }
    let methods = Methods::take(&mut block)?;
    if methods.capabilities.is_empty() {
        return Err(syn::Error::new_spanned(
            &block.self_ty,
            "an agent needs a method with `#[capability(name = \"...\", version = \"...\")]`",
        ));
    }
    let plugin = plugin_impl(&block, &options, &methods);
    let agent = agent_impl(&block, &methods);
    Ok(quote!(#block #plugin #agent))
}

/// What stands in the parentheses of `#[agent(...)]`.
#[derive(Default)]
struct Options {
    id: Option<LitStr>,
    summary: Option<LitStr>,
    max_concurrent_tasks: Option<LitInt>,
    priority: Option<LitInt>,
    permissions: Vec<TokenStream>,
}

impl Options {
    fn parse(arguments: TokenStream) -> syn::Result<Self> {
        let mut own = Self::default();
        let parser = syn::meta::parser(|meta| own.take(&meta));
        parser.parse2(arguments)?;
        Ok(own)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("id") {
            self.id = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("summary") {
            self.summary = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("max_concurrent_tasks") {
            self.max_concurrent_tasks = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("priority") {
            self.priority = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("permission") {
            self.permissions.push(permission(meta)?);
        } else {
            return Err(meta.error(
                "expected `id`, `summary`, `max_concurrent_tasks`, `priority` or `permission(...)`",
            ));
        }
        Ok(())
    }
}

/// `permission(kind = "read", scope = "...", reason = "...")`.
fn permission(meta: &ParseNestedMeta<'_>) -> syn::Result<TokenStream> {
    let (mut kind, mut scope, mut reason) = (None::<LitStr>, None::<LitStr>, None::<LitStr>);
    meta.parse_nested_meta(|inner| {
        let text: LitStr = inner.value()?.parse()?;
        if inner.path.is_ident("kind") {
            kind = Some(text);
        } else if inner.path.is_ident("scope") {
            scope = Some(text);
        } else if inner.path.is_ident("reason") {
            reason = Some(text);
        } else {
            return Err(inner.error("expected `kind`, `scope` or `reason`"));
        }
        Ok(())
    })?;
    let kind = kind.ok_or_else(|| meta.error("a permission needs a `kind`"))?;
    let (scope, reason) = (or_empty(scope), or_empty(reason));
    Ok(quote!((#kind, #scope, #reason)))
}

fn or_empty(text: Option<LitStr>) -> TokenStream {
    text.map_or_else(|| quote!(""), |text| quote!(#text))
}

/// The methods that mean something to the host.
#[derive(Default)]
struct Methods {
    capabilities: Vec<Capability>,
    start: Option<Method>,
    stop: Option<Method>,
    configure: Option<Method>,
}

impl Methods {
    /// Finds the methods and takes our attributes off them.
    fn take(block: &mut ItemImpl) -> syn::Result<Self> {
        let mut own = Self::default();
        for item in &mut block.items {
            let ImplItem::Fn(method) = item else { continue };
            let attributes = std::mem::take(&mut method.attrs);
            let (ours, others): (Vec<_>, Vec<_>) = attributes.into_iter().partition(is_ours);
            method.attrs = others;
            for attribute in ours {
                own.add(&attribute, method)?;
            }
        }
        Ok(own)
    }

    fn add(&mut self, attribute: &Attribute, method: &ImplItemFn) -> syn::Result<()> {
        let path = attribute.path();
        if path.is_ident("capability") {
            self.capabilities
                .push(Capability::parse(attribute, method)?);
        } else if path.is_ident("start") {
            once(&mut self.start, attribute, hook_of(method, false)?)?;
        } else if path.is_ident("stop") {
            once(&mut self.stop, attribute, hook_of(method, false)?)?;
        } else {
            once(&mut self.configure, attribute, hook_of(method, true)?)?;
        }
        Ok(())
    }
}

/// A second one would silently replace the first.
fn once(slot: &mut Option<Method>, attribute: &Attribute, method: Method) -> syn::Result<()> {
    if slot.replace(method).is_some() {
        let text = "there is one of these already: an agent has one at the most";
        return Err(syn::Error::new_spanned(attribute, text));
    }
    Ok(())
}

/// A method that is no capability: it is given no task, and an input only where it is the
/// configuration.
fn hook_of(method: &ImplItemFn, takes_input: bool) -> syn::Result<Method> {
    let parsed = Method::parse(method)?;
    if parsed.takes_task || (parsed.input.is_some() && !takes_input) {
        let text = match takes_input {
            true => {
                "expected `&mut self` or `&self`, the configuration, and `&Context` at the most"
            }
            false => "expected `&self`, and `&Context` at the most: there is no task here",
        };
        return Err(syn::Error::new_spanned(&method.sig.inputs, text));
    }
    Ok(parsed)
}

fn is_ours(attribute: &Attribute) -> bool {
    ["capability", "start", "stop", "configure"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

/// A method: its name and what it wants to be given.
struct Method {
    call: TokenStream,
    input: Option<Type>,
    takes_task: bool,
    is_async: bool,
}

impl Method {
    fn parse(method: &ImplItemFn) -> syn::Result<Self> {
        let name = &method.sig.ident;
        let mut input = None;
        let mut takes_task = false;
        let mut given = Vec::new();
        for argument in &method.sig.inputs {
            let FnArg::Typed(argument) = argument else {
                given.push(quote!(self));
                continue;
            };
            // Behind a reference alone: an input may be of a type of the same name.
            match referenced(&argument.ty).as_deref() {
                Some("Context") => given.push(quote!(ctx)),
                Some("Task") => {
                    takes_task = true;
                    given.push(quote!(&task));
                }
                _ if input.is_none() => {
                    input = Some((*argument.ty).clone());
                    given.push(quote!(input));
                }
                _ => {
                    return Err(syn::Error::new_spanned(
                        argument,
                        "expected one input, and beside it only `&Context` and `&Task`",
                    ));
                }
            }
        }
        let call = quote!(Self::#name(#(#given),*));
        Ok(Self {
            call,
            input,
            takes_task,
            is_async: method.sig.asyncness.is_some(),
        })
    }

    /// The call with `.await` where the method is async.
    fn awaited(&self) -> TokenStream {
        let call = &self.call;
        if self.is_async {
            quote!(#call.await)
        } else {
            quote!(#call)
        }
    }
}

/// A method with `#[capability(...)]`.
struct Capability {
    method: Method,
    name: LitStr,
    version: LitStr,
    summary: TokenStream,
    kinds: Vec<LitStr>,
    commands: Vec<LitStr>,
    /// What the commands do with the answer; empty for nothing.
    hands_over: TokenStream,
    duration_ms: TokenStream,
    cacheable: bool,
    input: TokenStream,
    output: TokenStream,
    returns_outcome: bool,
}

impl Capability {
    fn parse(attribute: &Attribute, function: &ImplItemFn) -> syn::Result<Self> {
        let method = Method::parse(function)?;
        let (mut name, mut version, mut summary) = (None, None, None::<LitStr>);
        let (mut kinds, mut commands, mut duration_ms) = (Vec::new(), Vec::new(), None::<LitInt>);
        let (mut input, mut output) = (method.input.clone(), None::<Type>);
        let mut cacheable = false;
        let mut hands_over = None::<LitStr>;
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("name") {
                name = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("version") {
                version = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("summary") {
                summary = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("kind") {
                kinds.push(meta.value()?.parse()?);
            } else if meta.path.is_ident("command") {
                commands.push(meta.value()?.parse()?);
            } else if meta.path.is_ident("hands_over") {
                hands_over = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("duration_ms") {
                duration_ms = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("cacheable") {
                cacheable = true;
            } else if meta.path.is_ident("input") {
                input = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("output") {
                output = Some(meta.value()?.parse()?);
            } else {
                return Err(meta.error(
                    "expected `name`, `version`, `summary`, `kind`, `command`, `hands_over`, `duration_ms`, `cacheable`, `input` or `output`",
                ));
            }
            Ok(())
        })?;
        let missing =
            |what| syn::Error::new_spanned(attribute, format!("a capability needs a `{what}`"));
        let returned = returned_type(&function.sig.output);
        let returns_outcome =
            returned.is_some_and(|ty| last_segment(ty).as_deref() == Some("Outcome"));
        if let Some(what) = &hands_over {
            check_hand_over(what, &commands, returns_outcome)?;
        }
        let output = output.or_else(|| returned.filter(|_| !returns_outcome).cloned());
        let doc = docs::summary(&function.attrs);
        Ok(Self {
            method,
            name: name.ok_or_else(|| missing("name"))?,
            version: version.ok_or_else(|| missing("version"))?,
            summary: summary.map_or_else(|| quote!(#doc), |text| quote!(#text)),
            kinds,
            commands,
            hands_over: or_empty(hands_over),
            duration_ms: duration_ms.map_or_else(|| quote!(0), |number| quote!(#number)),
            cacheable,
            input: shape(input.as_ref()),
            output: shape(output.as_ref()),
            returns_outcome,
        })
    }

    fn source(&self) -> TokenStream {
        let Self {
            name,
            version,
            summary,
            kinds,
            commands,
            hands_over,
            duration_ms,
            cacheable,
            input,
            output,
            ..
        } = self;
        quote! {
            ::guildhall_sdk::core::manifest::CapabilitySource {
                name: #name,
                version: #version,
                summary: #summary,
                input: #input,
                output: #output,
                task_kinds: &[#(#kinds),*],
                duration_ms: #duration_ms,
                cacheable: #cacheable,
                commands: &[#(
                    ::guildhall_sdk::core::manifest::CommandSource {
                        name: #commands,
                        summary: "",
                        hands_over: #hands_over,
                    }
                ),*],
            }
        }
    }

    /// The match arm that carries a task out.
    fn arm(&self, twins: bool) -> TokenStream {
        let Self { name, version, .. } = self;
        // The version is compared only where it decides.
        let guard = twins.then(
            || quote!(if ::std::string::ToString::to_string(&task.capability_version) == #version),
        );
        let call = self.method.awaited();
        let take = self
            .method
            .input
            .as_ref()
            .map(|ty| quote!(let input: #ty = task.input()?;));
        let finish = if self.returns_outcome {
            quote!(#call)
        } else {
            quote!(::guildhall_sdk::core::Outcome::new(&#call?))
        };
        quote! {
            #name #guard => {
                #take
                #finish
            }
        }
    }
}

/// A word that nobody knows, no command to do it, or nothing to carry it would hand nothing
/// over without a word.
fn check_hand_over(what: &LitStr, commands: &[LitStr], returns_outcome: bool) -> syn::Result<()> {
    let reason = if what.value() != "run" {
        "what is handed over is a \"run\""
    } else if commands.is_empty() {
        "a command hands over, and this capability has none"
    } else if !returns_outcome {
        "what is handed over is attached to an outcome: return `Result<Outcome, AgentError>`"
    } else {
        return Ok(());
    };
    Err(syn::Error::new_spanned(what, reason))
}

fn shape(ty: Option<&Type>) -> TokenStream {
    match ty {
        // Each schema is a constant of its own, for the compiler counts the steps of each.
        Some(ty) => quote!({
            const SHAPE: ::guildhall_sdk::core::schema::Shape =
                <#ty as ::guildhall_sdk::core::schema::Schema>::SHAPE;
            const LENGTH: usize = SHAPE.json_length();
            const JSON: [u8; LENGTH] = SHAPE.to_json();
            ::guildhall_sdk::core::schema::Shape::Written(&JSON)
        }),
        None => quote!(::guildhall_sdk::core::schema::Shape::Any),
    }
}

/// `T` of a return type `Result<T, ...>`.
fn returned_type(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::Path(path) = &**ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// The last name in the path of a type, references looked through.
/// The name of the type that a reference is to.
fn referenced(ty: &Type) -> Option<String> {
    match ty {
        Type::Reference(reference) => last_segment(&reference.elem),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Reference(reference) => last_segment(&reference.elem),
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

fn plugin_impl(block: &ItemImpl, options: &Options, methods: &Methods) -> TokenStream {
    let ty = &block.self_ty;
    let text = |own: &Option<LitStr>, variable: &str| {
        own.as_ref()
            .map_or_else(|| quote!(::core::env!(#variable)), |text| quote!(#text))
    };
    let id = text(&options.id, "CARGO_PKG_NAME");
    let summary = text(&options.summary, "CARGO_PKG_DESCRIPTION");
    let number = |own: &Option<LitInt>, default: TokenStream| {
        own.as_ref().map_or(default, |number| quote!(#number))
    };
    let tasks = number(
        &options.max_concurrent_tasks,
        quote!(::guildhall_sdk::core::manifest::DEFAULT_MAX_CONCURRENT_TASKS),
    );
    let priority = number(
        &options.priority,
        quote!(::guildhall_sdk::core::manifest::DEFAULT_PRIORITY),
    );
    let permissions = &options.permissions;
    let capabilities = methods.capabilities.iter().map(Capability::source);
    let (config, create) = configuration(methods);
    quote! {
        impl ::guildhall_sdk::Plugin for #ty {
            const MANIFEST: ::guildhall_sdk::core::manifest::ManifestSource =
                ::guildhall_sdk::core::manifest::ManifestSource {
                    id: #id,
                    version: ::core::env!("CARGO_PKG_VERSION"),
                    protocol: ::guildhall_sdk::PROTOCOL_VERSIONS,
                    summary: #summary,
                    panic: if ::core::cfg!(panic = "unwind") {
                        ::guildhall_sdk::core::PanicStrategy::Unwind
                    } else {
                        ::guildhall_sdk::core::PanicStrategy::Abort
                    },
                    capabilities: &[#(#capabilities),*],
                    permissions: &[#(#permissions),*],
                    config: #config,
                    max_concurrent_tasks: #tasks,
                    priority: #priority,
                };

            const MANIFEST_JSON: &'static [u8] = {
                const LENGTH: usize =
                    <#ty as ::guildhall_sdk::Plugin>::MANIFEST.json_length();
                const JSON: [u8; LENGTH] = <#ty as ::guildhall_sdk::Plugin>::MANIFEST.to_json();
                &JSON
            };

            fn create(
                config: ::guildhall_sdk::Config<'_>,
            ) -> ::core::result::Result<Self, ::guildhall_sdk::core::AgentError> {
                #create
            }
        }
    }
}

/// The schema of the configuration, and the body of `create`.
fn configuration(methods: &Methods) -> (TokenStream, TokenStream) {
    let none = quote!(::core::option::Option::None);
    let Some(configure) = &methods.configure else {
        let create = quote! {
            config.none()?;
            ::core::result::Result::Ok(::core::default::Default::default())
        };
        return (none, create);
    };
    let call = &configure.call;
    match &configure.input {
        Some(ty) => {
            let shape = shape(Some(ty));
            let create = quote! {
                let input: #ty = config.read()?;
                #call
            };
            (quote!(::core::option::Option::Some(#shape)), create)
        }
        None => (none, quote!(config.none()?; #call)),
    }
}

fn agent_impl(block: &ItemImpl, methods: &Methods) -> TokenStream {
    let ty = &block.self_ty;
    let arms = methods.capabilities.iter().map(|capability| {
        let same = |other: &&Capability| other.name.value() == capability.name.value();
        capability.arm(methods.capabilities.iter().filter(same).count() > 1)
    });
    let start = methods.start.as_ref().map(|method| hook("start", method));
    let stop = methods.stop.as_ref().map(|method| hook("stop", method));
    quote! {
        #[::guildhall_sdk::async_trait]
        impl ::guildhall_sdk::core::Agent for #ty {
            fn manifest(&self) -> &::guildhall_sdk::core::Manifest {
                static MANIFEST: ::std::sync::OnceLock<::guildhall_sdk::core::Manifest> =
                    ::std::sync::OnceLock::new();
                MANIFEST.get_or_init(::guildhall_sdk::manifest_of::<#ty>)
            }

            async fn execute(
                &self,
                task: ::guildhall_sdk::core::Task,
                ctx: &::guildhall_sdk::core::Context,
            ) -> ::core::result::Result<
                ::guildhall_sdk::core::Outcome,
                ::guildhall_sdk::core::AgentError,
            > {
                let _ = ctx;
                match task.capability.as_str() {
                    #(#arms)*
                    name => ::core::result::Result::Err(
                        ::guildhall_sdk::no_such_capability(name, &task.capability_version),
                    ),
                }
            }

            #start
            #stop
        }
    }
}

/// `start` or `stop` of the trait.
fn hook(name: &str, method: &Method) -> TokenStream {
    let name = quote::format_ident!("{name}");
    let call = method.awaited();
    quote! {
        async fn #name(
            &self,
            ctx: &::guildhall_sdk::core::Context,
        ) -> ::core::result::Result<(), ::guildhall_sdk::core::AgentError> {
            let _ = ctx;
            #call
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(body: TokenStream) -> syn::Result<TokenStream> {
        let capability = quote! {
            #[capability(name = "own.other", version = "1.0.0")]
            async fn other(&self) -> Result<(), AgentError> { Ok(()) }
        };
        expand(TokenStream::new(), quote!(impl Own { #capability #body }))
    }

    #[test]
    fn a_second_hook_of_a_kind_is_an_error() {
        for (hook, argument) in [
            (quote!(start), quote!()),
            (quote!(stop), quote!()),
            (quote!(configure), quote!(, config: Config)),
        ] {
            let method = |name: &str| {
                let name = quote::format_ident!("{name}");
                quote! {
                    #[#hook]
                    fn #name(&mut self #argument) -> Result<(), AgentError> { Ok(()) }
                }
            };
            let (one, two) = (method("one"), method("two"));
            let alone = expanded(one.clone()).err();
            assert!(alone.is_none(), "{hook}: {alone:?}");
            let error = expanded(quote!(#one #two)).err().unwrap();
            assert!(
                error.to_string().contains("one at the most"),
                "{hook}: {error}"
            );
        }
    }

    #[test]
    fn a_hook_is_given_no_task_and_no_input() {
        for argument in [quote!(task: &Task), quote!(input: String)] {
            let body = quote!(#[start] async fn start(&self, #argument) {});
            let error = expanded(body).err().unwrap();
            assert!(
                error.to_string().contains("there is no task here"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_handed_over_is_a_run_of_a_command_in_an_outcome() {
        let one = |arguments: TokenStream, returns: TokenStream| {
            expanded(quote! {
                #[capability(name = "own.do", version = "1.0.0", #arguments)]
                async fn work(&self) -> Result<#returns, AgentError> { todo() }
            })
        };
        let good = one(quote!(command = "do", hands_over = "run"), quote!(Outcome)).unwrap();
        assert!(good.to_string().contains("hands_over : \"run\""), "{good}");
        for (arguments, returns, expected) in [
            (
                quote!(command = "do", hands_over = "ran"),
                quote!(Outcome),
                "is a \"run\"",
            ),
            (quote!(hands_over = "run"), quote!(Outcome), "has none"),
            (
                quote!(command = "do", hands_over = "run"),
                quote!(u32),
                "Result<Outcome",
            ),
        ] {
            let error = one(arguments, returns).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn an_input_may_be_called_as_what_the_host_gives() {
        let body = quote! {
            #[capability(name = "own.do", version = "1.0.0")]
            async fn work(&self, input: Task, ctx: &Context) -> Result<(), AgentError> { Ok(()) }
        };
        let expanded = expanded(body).unwrap().to_string();
        assert!(expanded.contains("(self , input , ctx)"), "{expanded}");
    }
}

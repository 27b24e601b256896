//! Sets of names that will grow: a name of a newer version is kept as it is.

/// Makes an enum of names that reads every other name as `Other`, so that a report
/// which uses a name of a newer version loses nothing but how that part is shown.
macro_rules! open_names {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$means:meta])* $variant:ident = $text:literal;)+
        }
    ) => {
        $(#[$about])*
        ///
        /// A name that this version does not know is `Other`.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$means])* $variant,)+
            /// A name of a newer version.
            Other(String),
        }

        impl $name {
            /// The name, as in JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                match name.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(name),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        impl guildhall_core::Schema for $name {
            const SHAPE: guildhall_core::schema::Shape =
                guildhall_core::schema::Shape::OneOf(guildhall_core::schema::OneOf {
                    title: stringify!($name),
                    description: "One of the names, or one of a newer version, which is shown plainly.",
                    variants: &[
                        $(guildhall_core::schema::Shape::Constant($text),)+
                        guildhall_core::schema::Shape::String,
                    ],
                    any: true,
                });
        }
    };
}

pub(super) use open_names;

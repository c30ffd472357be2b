//! What can be set of every pool under test.

/// What is set.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) max_workers: Option<usize>,
    pub(crate) prefix: Option<&'static str>,
    pub(crate) initializer: Option<Initializer>,
}

#[derive(Clone, Copy)]
pub(crate) enum Initializer {
    SetUp,
    Fail,
}

/// A builder with settings. Builders of several crates have these methods, and no trait in common.
macro_rules! apply {
    ($settings:expr, $builder:expr) => {{
        let (settings, mut builder) = ($settings, $builder);
        if let Some(max_workers) = settings.max_workers {
            builder = builder.max_workers(max_workers);
        }
        if let Some(prefix) = settings.prefix {
            builder = builder.worker_name_prefix(prefix);
        }
        match settings.initializer {
            Some($crate::settings::Initializer::SetUp) => builder.initializer($crate::tasks::SetUp(1)),
            Some($crate::settings::Initializer::Fail) => builder.initializer($crate::tasks::FailToSetUp()),
            None => builder,
        }
    }};
}
pub(crate) use apply;

//! What is offered and answered, RFC 7692 §7.1.

use super::*;

#[test]
fn answers_offers() {
    let default = PerMessageDeflate::default();
    let keeping = takeover(11, 12);
    let nct = "server_no_context_takeover; client_no_context_takeover";
    #[rustfmt::skip] // a table
    let cases: &[(&str, Option<&str>, Option<&str>)] = &[
        ("",                                            Some(""), Some("")),
        ("; client_max_window_bits",                    Some(""), Some("; client_max_window_bits=12")),
        ("; client_max_window_bits=10",                 Some(""), Some("; client_max_window_bits=10")),
        ("; client_max_window_bits=15",                 Some(""), Some("; client_max_window_bits=12")),
        ("; server_max_window_bits=15",                 Some("; server_max_window_bits=15"), Some("; server_max_window_bits=11")),
        ("; server_max_window_bits=8",                  Some("; server_max_window_bits=8"),  Some("; server_max_window_bits=8")),
        ("; server_max_window_bits=\"10\"",             Some("; server_max_window_bits=10"), Some("; server_max_window_bits=10")),
        ("; server_no_context_takeover",                Some(""), Some("; server_no_context_takeover")),
        ("; client_no_context_takeover",                Some(""), Some("; client_no_context_takeover")),
        ("; client_no_context_takeover; client_max_window_bits", Some(""), Some("; client_no_context_takeover")),
        ("; unknown",                                   None, None),
        ("; server_no_context_takeover=1",              None, None),
        ("; server_max_window_bits",                    None, None),
        ("; server_max_window_bits=7",                  None, None),
        ("; server_max_window_bits=16",                 None, None),
        ("; server_max_window_bits=09",                 None, None),
        ("; client_max_window_bits=7",                  None, None),
        ("; client_max_window_bits; client_max_window_bits", None, None),
        ("; server_max_window_bits=7, permessage-deflate; server_max_window_bits=9",
                                                        Some("; server_max_window_bits=9"), Some("; server_max_window_bits=9")),
    ];
    for (offer, by_default, by_keeping) in cases {
        let got = agreed(&default, offer).map(|answer| answer.to_string());
        let want = by_default.map(|rest| format!("permessage-deflate; {nct}{rest}"));
        assert_eq!(got, want, "{offer:?}");
        let got = agreed(&keeping, offer).map(|answer| answer.to_string());
        assert_eq!(got, by_keeping.map(|rest| format!("permessage-deflate{rest}")), "{offer:?}");
    }
}

#[test]
fn clients_judge_answers() {
    let default = PerMessageDeflate::default();
    let small = takeover(10, 11);
    let offers = |extension: &PerMessageDeflate| {
        let offers = extension.offers().into_iter().map(|params| {
            ExtensionOffer::new("permessage-deflate").unwrap().with_params(params).to_string()
        });
        offers.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        offers(&default),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
         client_max_window_bits"
    );
    assert_eq!(
        offers(&small),
        "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11, \
         permessage-deflate; client_max_window_bits=11"
    );
    #[rustfmt::skip] // a table
    let cases: &[(&str, bool, bool)] = &[
        ("",                                              false, true),
        ("; server_no_context_takeover",                  true,  true),
        ("; server_no_context_takeover; server_max_window_bits=9", true, true),
        ("; server_no_context_takeover; client_max_window_bits=12", true, false),
        ("; server_no_context_takeover; client_max_window_bits", false, false),
        ("; server_no_context_takeover; client_max_window_bits=8", true, true),
        ("; server_no_context_takeover; client_max_window_bits=99999999999", false, false),
        ("; server_no_context_takeover; server_no_context_takeover", false, false),
        ("; server_no_context_takeover; unknown",         false, false),
    ];
    for (answer, by_default, by_small) in cases {
        let field = HeaderValue::try_from(format!("permessage-deflate{answer}")).unwrap();
        let answer = &ExtensionOffer::parse_list([&field]).unwrap()[0];
        assert_eq!(default.start(answer, Role::Client).is_ok(), *by_default, "{answer}");
        assert_eq!(small.start(answer, Role::Client).is_ok(), *by_small, "{answer}");
    }
}

#[test]
fn beyond_the_budget_no_context_is_kept() {
    let budget = Budget::new(5000);
    let extension = takeover(11, 11).budget(budget.clone());
    let offer = "; client_max_window_bits";
    let answer = agreed(&extension, offer).unwrap();
    assert_eq!(answer.params()[0].to_string(), "client_max_window_bits=11");
    let first = started(&extension, &answer, Role::Server);
    assert_eq!(budget.used(), 4096);
    let answer = agreed(&extension, offer).unwrap();
    assert_eq!(answer.params()[0].to_string(), "server_no_context_takeover");
    let second = started(&extension, &answer, Role::Server);
    assert_eq!(budget.used(), 4096, "one that keeps nothing reserves nothing");
    drop((first, second));
    assert_eq!(budget.used(), 0);
}

#[test]
fn beyond_the_budget_a_client_offers_no_context() {
    let budget = Budget::new(5000);
    let extension = takeover(11, 11).budget(budget.clone());
    let first_offer = || {
        let params = extension.offers().swap_remove(0);
        params.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(first_offer(), "server_max_window_bits=11; client_max_window_bits=11");
    let field = HeaderValue::from_static(
        "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11",
    );
    let answer = &ExtensionOffer::parse_list([&field]).unwrap()[0];
    let first = extension.start(answer, Role::Client).unwrap();
    assert_eq!(budget.used(), 4096);
    let without = "server_no_context_takeover; client_no_context_takeover; client_max_window_bits";
    assert_eq!(first_offer(), without);
    drop(first);
    assert!(!first_offer().contains("takeover"));
}

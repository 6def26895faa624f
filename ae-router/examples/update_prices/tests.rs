use ae_core::TokenUsage;
use ae_router::{Billed, Capability, PriceError, PriceTable, ServiceTier, core::Timestamp};
use serde_json::value::RawValue;

use super::*;

const LITELLM: &str = r#"{
  "sample_spec": {"litellm_provider": "one of https://docs", "input_cost_per_token": 0.0, "mode": "one of chat, …"},
  "gemini/long-1": {
    "litellm_provider": "gemini", "mode": "chat", "max_input_tokens": 1000, "deprecation_date": "2027-05-07",
    "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05, "output_cost_per_reasoning_token": 1.1e-05,
    "cache_read_input_token_cost": 1.25E-7,
    "input_cost_per_token_above_200k_tokens": 2.5e-06, "output_cost_per_token_above_200k_tokens": 1.5e-05,
    "input_cost_per_token_batches": 6.25e-07, "output_cost_per_token_batches": 5e-06,
    "input_cost_per_audio_token": 1e-06, "supports_vision": true, "supports_assistant_prefill": false,
    "search_context_cost_per_query": {"search_context_size_low": 0.035, "search_context_size_high": 0.035},
    "regional_processing_uplift_multiplier_eu": 1.1
  },
  "long-1": {"litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 9, "output_cost_per_token": 9},
  "odd": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.00000000001e-07, "output_cost_per_token": 1},
  "negative": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1e-06, "output_cost_per_token": 1},
  "text": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": "1e-06", "output_cost_per_token": 1},
  "painter": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 1},
  "free": {"litellm_provider": "openai", "mode": "chat"},
  "dated-1-20260102": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06},
  "dated-1": {
    "litellm_provider": "openai", "mode": "responses", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
    "input_cost_per_token_flex": 5e-07, "output_cost_per_token_flex": 1e-06
  },
  "elsewhere": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}
}"#;

const GENAI: &str = r#"[
  {"id": "openai", "models": [
    {"id": "dated-1", "context_window": 400, "prices": [
       {"prices": {"input_mtok": 3, "output_mtok": 4}},
       {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 1, "output_mtok": 2, "web_searches_kcount": 10}},
       {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": {"base": 2, "tiers": [{"start": 100, "price": 4}]}, "output_mtok": 4}}
     ], "price_variants": [
       {"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5, "output_mtok": 1.0}, "constraint": {"start_date": "2026-10-14"}},
       {"when": {"processing": "batch"}, "prices": {"input_mtok": 1, "output_mtok": 2}, "constraint": {"start_date": "2027-01-01"}},
       {"when": {"route": "moon"}, "prices": {"input_mtok": 9}}
     ]},
    {"id": "hourly", "prices": [
       {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 1, "output_mtok": 2}}]},
    {"id": "embedder", "prices": {"input_mtok": 0.02}}
  ]},
  {"id": "groq", "models": [{"id": "elsewhere", "prices": {"input_mtok": 1, "output_mtok": 2}}]}
]"#;

fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn only() -> Vec<String> {
    ["openai", "google"].map(str::to_owned).to_vec()
}

fn both() -> (PriceTable, Vec<String>) {
    let mut report = Report::default();
    let litellm = litellm::read(LITELLM, &only(), &mut report).unwrap();
    let genai = genai::read(GENAI, &only(), &mut report).unwrap();
    let models = merge::merged(litellm, genai, at("2026-11-22"));
    let table = models.into_iter().fold(PriceTable::empty(at("2026-11-22")), PriceTable::with_model);
    (PriceTable::from_json(&table.to_json().unwrap()).unwrap(), report.lines().collect())
}

#[track_caller]
fn costs(model: &str, input: u64, service_tier: ServiceTier, day: &str, dollars: &str) {
    let billed = Billed::new(TokenUsage::new(input, 0)).with_service_tier(service_tier);
    let cost = both().0.cost_of(model, &billed, at(day)).unwrap();
    assert_eq!(cost.to_decimal().to_string(), dollars);
}

#[test]
fn numbers_are_read_as_they_are_written() {
    let rate = |text: &str| {
        number::per_token(&RawValue::from_string(text.to_owned()).unwrap())
            .map(|rate| rate.to_per_million().to_string())
    };
    assert_eq!(rate("1.25e-06").as_deref(), Some("1.25"));
    assert_eq!(rate("7.5E-8").as_deref(), Some("0.075"));
    assert_eq!(rate("0.000003").as_deref(), Some("3"));
    assert_eq!(rate("0").as_deref(), Some("0"));
    assert_eq!(rate("1e-12").as_deref(), Some("0.000001"));
    let refused =
        ["1e-13", "3.0000000000000004e-07", "-1e-06", "\"1e-06\"", "null", "true", "1e400", "1e-400", "{}"];
    for text in refused.into_iter().chain(["0.00000300000000000000000000000000000001"]) {
        assert_eq!(rate(text), None, "{text}");
    }
}

#[test]
fn both_files_become_one_table() {
    let (table, _) = both();
    let ids: Vec<_> = table.models().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["dated-1", "dated-1-20260102", "long-1"]);

    let long = table.model("long-1").unwrap();
    assert_eq!((long.provider.as_str(), long.input_tokens_max), ("google", Some(1_000)));
    assert_eq!(long.retires, Some(at("2027-05-07")));
    assert_eq!(long.capabilities.get(Capability::Vision), Some(true));
    assert_eq!(long.capabilities.get(Capability::Prefill), Some(false));
    assert_eq!(long.web_search.unwrap().to_per_thousand().to_string(), "35");
    assert_eq!((long.regions[0].region.as_str(), long.regions[0].percent), ("eu", 10));
    assert_eq!(long.periods[0].rates.reasoning.unwrap().to_per_million().to_string(), "11");
    costs("long-1", 200_000, ServiceTier::Standard, "2026-11-22", "0.25");
    costs("long-1", 200_001, ServiceTier::Standard, "2026-11-22", "0.5000025");
    costs("long-1", 100, ServiceTier::Batch, "2026-11-22", "0.0000625");

    let dated = table.model("dated-1-20260102").unwrap();
    assert_eq!((dated.alias_of.as_deref(), dated.context_tokens_max), (Some("dated-1"), Some(400)));
}

#[test]
fn dates_are_changes_but_the_first_date_of_a_level_is_the_day_of_a_check() {
    costs("dated-1", 1_000_000, ServiceTier::Standard, "2026-05-31", "3");
    costs("dated-1", 1_000_000, ServiceTier::Standard, "2026-06-01", "1");
    costs("dated-1", 1_000_000, ServiceTier::Batch, "2026-06-01", "0.5");
    costs("dated-1", 1_000_000, ServiceTier::Flex, "2026-06-01", "0.5");
    costs("dated-1", 100, ServiceTier::Standard, "2027-01-01", "0.0002");
    costs("dated-1", 101, ServiceTier::Standard, "2027-01-01", "0.000404");
    costs("dated-1", 100, ServiceTier::Batch, "2027-01-01", "0.0001");
    // Neither the old price nor the coming one was published for these levels.
    for (service_tier, day) in [(ServiceTier::Batch, "2026-05-31"), (ServiceTier::Flex, "2027-01-01")] {
        let billed = Billed::new(TokenUsage::new(1, 1)).with_service_tier(service_tier);
        let error = both().0.cost_of("dated-1", &billed, at(day)).unwrap_err();
        assert!(matches!(error, PriceError::NoRate { kind: "any", .. }), "{error}");
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let (_, lines) = both();
    for expected in [
        "     3 left out: a price that is not exact in millionths of a dollar per million (such as negative)",
        "     1 left out: a second model of the same id (such as long-1)",
        "     1 left out: field input_cost_per_audio_token (such as gemini/long-1)",
        "     2 left out: no price of input and output (such as free)",
        "     1 left out: not a text model but \"image_generation\" (such as painter)",
        "     1 left out: prices that change by the hour, or of a form that is not known (such as hourly)",
        "     1 left out: variant {\"route\": \"moon\"} (such as dated-1)",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\n{}", lines.join("\n"));
    }
    assert_eq!(lines.len(), 7, "{}", lines.join("\n"));
}

#[test]
fn other_files_are_refused() {
    let mut report = Report::default();
    for text in ["", "[]", "{\"a\":", "7"] {
        assert!(litellm::read(text, &only(), &mut report).is_err(), "{text}");
    }
    for text in ["", "{}", "[{\"id\":\"openai\"}]", "7"] {
        assert!(genai::read(text, &only(), &mut report).is_err(), "{text}");
    }
    assert!(asked(["--litellm"].map(str::to_owned).into_iter()).unwrap_err().contains("needs a value"));
    assert!(
        asked(["--lite", "x"].map(str::to_owned).into_iter())
            .unwrap_err()
            .contains("--lite is not an option")
    );
    assert!(asked(std::iter::empty()).unwrap_err().starts_with("use: "));
}

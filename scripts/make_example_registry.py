"""Make the synthetic example registry: no patient is real, no figure in it is evidence.

    python scripts/make_example_registry.py FOLDER [--patients 10000] [--seed 20261124] [--format csv]

Charts are drawn at random from shares that are made up to look plausible, then blanked as registries are: biology and
intervals often, staging sometimes, lesion sizes now and then; some values are sets, intervals or partial dates. FOLDER
gets patients, lesions, systemic_therapy, local_treatment, outcomes and README.txt.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

ORGANS = (
    "lung",
    "brain",
    "bone",
    "liver",
    "adrenal",
    "distant_nodes",
    "skin_soft_tissue",
    "kidney",
    "pleura",
    "spleen",
    "other",
)
ORGAN_SHARES = (0.24, 0.24, 0.2, 0.08, 0.11, 0.06, 0.02, 0.01, 0.02, 0.005, 0.015)
NOTE = (
    "SYNTHETIC. Made by scripts/make_example_registry.py with seed {seed}. No patient is real; no figure is evidence.\n"
)


class Draw:
    """Seeded draws of whole columns."""

    def __init__(self, seed: int, n: int) -> None:
        self.random, self.n = np.random.default_rng(seed), n

    def choice(self, values: tuple[str, ...], shares: tuple[float, ...], n: int | None = None) -> pl.Series:
        return pl.Series(self.random.choice(values, size=n or self.n, p=np.array(shares) / sum(shares)))

    def whole(self, mean: float, spread: float, low: int, high: int) -> pl.Series:
        return pl.Series(np.clip(self.random.normal(mean, spread, self.n).round(), low, high).astype(int))

    def flag(self, share: float, n: int | None = None) -> pl.Series:
        return pl.Series(self.random.random(n or self.n) < share)

    def blank(self, frame: pl.DataFrame, shares: dict[str, float]) -> pl.DataFrame:
        """Leave out each column's share of values, as charts do."""
        return frame.with_columns(
            pl.when(self.flag(share, len(frame))).then(None).otherwise(pl.col(name)).alias(name)
            for name, share in shares.items()
        )


def make_patients(draw: Draw) -> pl.DataFrame:
    assessed = pl.Series(np.datetime64("2019-01-01") + draw.random.integers(0, 2000, draw.n).astype("timedelta64[D]"))
    synchronous = draw.flag(0.55).to_numpy()
    interval = np.where(synchronous, draw.random.integers(0, 150, draw.n), draw.random.integers(190, 1800, draw.n))
    omd = assessed.to_numpy() - draw.random.integers(5, 200, draw.n).astype("timedelta64[D]")
    frame = pl.DataFrame(
        {
            "patient_id": [f"P{n:07d}" for n in range(1, draw.n + 1)],
            "assessed": assessed.dt.to_string("%Y-%m-%d"),
            "age": draw.whole(66, 10, 30, 92).cast(pl.String),
            "sex": draw.choice(("female", "male"), (0.45, 0.55)),
            "ecog": draw.choice(("0", "1", "2", "3", "4"), (0.28, 0.47, 0.18, 0.06, 0.01)),
            "kps": draw.choice(("100", "90", "80", "70", "60", "50"), (0.1, 0.3, 0.3, 0.18, 0.08, 0.04)),
            "histology": draw.choice(
                ("adenocarcinoma", "squamous_cell_carcinoma", "nsclc_nos", "other"), (0.68, 0.22, 0.06, 0.04)
            ),
            "egfr": draw.choice(("positive", "negative"), (0.18, 0.82)),
            "alk": draw.choice(("positive", "negative"), (0.04, 0.96)),
            "pdl1_tps_percent": draw.whole(30, 30, 0, 100).cast(pl.String),
            "life_expectancy_months": draw.choice((">6", "<=6", "3..9"), (0.86, 0.1, 0.04)),
            "symptomatic_site": draw.flag(0.25).cast(pl.String).str.to_lowercase(),
            "hist_polymetastatic": draw.flag(0.12).cast(pl.String).str.to_lowercase(),
            "hist_oligometastatic": draw.flag(0.14).cast(pl.String).str.to_lowercase(),
            "primary_dx_date": pl.Series(omd - interval.astype("timedelta64[D]")).dt.to_string("%Y-%m-%d"),
            "omd_dx_date": pl.Series(omd).dt.to_string("%Y-%m-%d"),
            "primary_t": draw.choice(("T1", "T2a", "T2b", "T3", "T4"), (0.2, 0.25, 0.15, 0.2, 0.2)),
            "primary_n": draw.choice(("N0", "N1", "N2", "N3", "NX"), (0.42, 0.14, 0.3, 0.1, 0.04)),
            "primary_status": draw.choice(
                ("controlled", "progressing", "untreated", "treated_with_lat"), (0.5, 0.1, 0.3, 0.1)
            ),
            "staging_pet_ct": draw.choice(("done", "not_done"), (0.9, 0.1)),
            "staging_brain_mri": draw.choice(("done", "ct", "not_done"), (0.8, 0.1, 0.1)),
            "staging_biopsy_of_metastasis": draw.choice(("done", "not_done"), (0.55, 0.45)),
            "all_sites_treatable": draw.flag(0.78).cast(pl.String).str.to_lowercase(),
            "diffuse_disease": draw.flag(0.06).cast(pl.String).str.to_lowercase(),
        }
    )
    partial = draw.flag(0.12)
    frame = frame.with_columns(
        primary_dx_date=pl.when(partial)
        .then(pl.col("primary_dx_date").str.slice(0, 7))
        .otherwise(pl.col("primary_dx_date"))
    )
    return draw.blank(
        frame,
        {
            "ecog": 0.14, "kps": 0.72, "egfr": 0.3, "alk": 0.34, "pdl1_tps_percent": 0.4, "life_expectancy_months": 0.25, "symptomatic_site": 0.2,
            "hist_polymetastatic": 0.08, "hist_oligometastatic": 0.08, "primary_dx_date": 0.06, "omd_dx_date": 0.08, "primary_n": 0.1, "primary_status": 0.12,
            "staging_pet_ct": 0.1, "staging_brain_mri": 0.15, "staging_biopsy_of_metastasis": 0.3, "all_sites_treatable": 0.22, "diffuse_disease": 0.1, "histology": 0.03,
        },
    )  # fmt: skip


def make_lesions(draw: Draw, patients: pl.DataFrame) -> pl.DataFrame:
    counts = draw.random.choice([1, 2, 3, 4, 5, 6, 9], size=draw.n, p=[0.42, 0.28, 0.15, 0.07, 0.04, 0.03, 0.01])
    owners = np.repeat(patients["patient_id"].to_numpy(), counts)
    n = len(owners)
    numbers = np.concatenate([np.arange(1, c + 1) for c in counts]) if n else np.array([])
    frame = pl.DataFrame(
        {
            "patient_id": owners,
            "id": [f"L{k}" for k in numbers],
            "organ": draw.choice(ORGANS, ORGAN_SHARES, n),
            "side": draw.choice(("left", "right"), (0.5, 0.5), n),
            "size_cm": pl.Series(np.clip(draw.random.lognormal(0.6, 0.5, n), 0.3, 9).round(1)).cast(pl.String),
            "response": draw.choice(("progression", "new", "stable", "partial_response"), (0.2, 0.2, 0.35, 0.25), n),
        }
    )
    return draw.blank(frame, {"side": 0.3, "size_cm": 0.12, "response": 0.15, "organ": 0.01})


def make_therapies(draw: Draw, patients: pl.DataFrame) -> pl.DataFrame:
    treated = draw.flag(0.62)
    owners = patients.filter(treated)
    n = len(owners)
    start = pl.Series(
        np.array(owners["assessed"].to_list(), dtype="datetime64[D]")
        - draw.random.integers(20, 700, n).astype("timedelta64[D]")
    )
    frame = pl.DataFrame(
        {
            "patient_id": owners["patient_id"],
            "class": draw.choice(
                ("egfr_tki", "alk_tki", "chemotherapy", "immunotherapy", "chemo_immunotherapy"),
                (0.18, 0.04, 0.28, 0.22, 0.28),
                n,
            ),
            "start": _not_before_the_primary(start.dt.to_string("%Y-%m-%d"), owners),
            "ongoing": draw.flag(0.55, n).cast(pl.String).str.to_lowercase(),
            "best_response": draw.choice(("CR", "PR", "SD", "PD"), (0.04, 0.42, 0.38, 0.16), n),
            "cycles": pl.Series(draw.random.integers(1, 12, n)).cast(pl.String),
        }
    )
    return draw.blank(frame, {"best_response": 0.12, "cycles": 0.3, "ongoing": 0.08, "class": 0.05})


def _not_before_the_primary(start: pl.Series, owners: pl.DataFrame) -> pl.Series:
    """A therapy begins at the diagnosis of the primary at the earliest, where that is known; in its month, by the 28th."""
    known = owners["primary_dx_date"]
    primary = pl.when(known.str.len_chars() == 7).then(known + "-28").otherwise(known)
    earliest = pl.min_horizontal(primary, owners["assessed"])
    return owners.select(pl.max_horizontal(start, earliest).alias("start"))["start"]


DATA_CUT = np.datetime64("2026-06-30")
WORSE = {
    "ecog": {"1": 1.25, "2": 1.9, "3": 2.8, "4": 3.5},
    "egfr": {"positive": 0.7},
    "primary_n": {"N1": 1.2, "N2": 1.4, "N3": 1.6},
}
HAZARD, LAT_RATIO = 1 / 800, 0.65
"""Made up: deaths per day at ECOG 0, N0, and the ratio from the first local therapy on."""


def make_follow_up(draw: Draw, patients: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(local treatments, outcomes): death comes at a rate that is made up, progression before it; who lives is censored."""
    whole = patients.filter(pl.col("omd_dx_date").is_not_null())
    n, assessed = len(whole), np.array(whole["assessed"].to_list(), "datetime64[D]")
    hazard = np.full(n, HAZARD)
    for name, ratios in WORSE.items():
        hazard *= np.array([ratios.get(value, 1.0) for value in whole[name].fill_null("").to_list()])
    treated_at = np.where(draw.flag(0.45, n).to_numpy(), draw.random.integers(5, 240, n), 10**6)
    untreated, after = draw.random.exponential(1 / hazard), draw.random.exponential(1 / (hazard * LAT_RATIO))
    death = np.ceil(np.where(untreated < treated_at, untreated, treated_at + after))
    end = np.minimum((DATA_CUT - assessed).astype(int), draw.random.integers(400, 3000, n))
    progression = np.ceil(draw.random.exponential(0.45 / hazard))
    days = {"death": np.minimum(death, end), "progression": np.minimum(np.minimum(progression, death), end)}
    dates = {
        name: pl.Series(assessed + each.astype("timedelta64[D]")).dt.to_string("%Y-%m-%d")
        for name, each in days.items()
    }
    died, progressed = death <= end, np.minimum(progression, death) <= end
    other = draw.flag(0.15, n).to_numpy() & died
    rows = pl.DataFrame({"patient_id": whole["patient_id"]})
    outcomes = pl.concat(
        [
            rows.with_columns(endpoint=pl.lit("OS"), date=dates["death"], event=pl.Series(died), cause=pl.Series(np.where(other, "other", np.where(died, "cancer", "")))),
            rows.with_columns(endpoint=pl.lit("PFS"), date=dates["progression"], event=pl.Series(progressed), cause=pl.lit("")),
        ]
    ).filter(draw.flag(0.93, 2 * n))  # fmt: skip
    has = treated_at <= days["death"]
    lat = pl.Series(assessed + treated_at.clip(0, 5000).astype("timedelta64[D]")).dt.to_string("%Y-%m-%d")
    treatments = rows.with_columns(modality=draw.choice(("sabr", "surgery"), (0.8, 0.2), n), date=lat).filter(
        pl.Series(has)
    )
    as_text = pl.col("event").cast(pl.String).str.to_lowercase()
    return treatments, outcomes.with_columns(event=as_text, cause=pl.col("cause").replace("", None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(arguments.seed, arguments.patients)
    patients = make_patients(draw)
    frames = {
        "patients": patients,
        "lesions": make_lesions(draw, patients),
        "systemic_therapy": make_therapies(draw, patients),
    }
    frames["local_treatment"], frames["outcomes"] = make_follow_up(draw, patients)
    for name, frame in frames.items():
        path = arguments.folder / f"{name}.{arguments.format}"
        frame.write_csv(path) if arguments.format == "csv" else frame.write_parquet(path)
    (arguments.folder / "README.txt").write_text(NOTE.format(seed=arguments.seed), encoding="utf-8")


if __name__ == "__main__":
    main()

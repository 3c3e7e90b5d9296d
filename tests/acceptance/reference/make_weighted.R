# Weighted Kaplan-Meier curves and a weighted Cox ratio by R's survival, on made-up data that the script draws itself.
# Run in this folder: Rscript make_weighted.R > weighted.json   (Debian 12: r-base-core r-cran-survival)
# Errors of the curve are robust (infinitesimal jackknife); so are those of the area under it, by residuals of survfit.
library(survival)

draw <- function(n, seed, tied, late = FALSE) {
  set.seed(seed)
  x <- rbinom(n, 1, 0.4); z <- round(rnorm(n), 3); group <- rep(0:1, length.out = n)
  death <- rexp(n, 0.06 * exp(0.7 * x - 0.4 * group)); end <- runif(n, 3, 30)
  time <- pmin(death, end)
  time <- if (tied) ceiling(time) else round(time, 6)
  entry <- if (late) round(time * runif(n, 0, 0.4), 6) else rep(-1, n)
  data.frame(time = time, event = as.numeric(death <= end), entry = entry, group = group,
             weight = round(exp(0.8 * x + 0.5 * z), 6))
}

plain <- function(x) paste(ifelse(is.na(x) | is.infinite(x), "null", sprintf("%.17g", x)), collapse = ", ")
row <- function(name, x) sprintf('"%s": [%s]', name, plain(x))

told <- function(name, d, until) {
  late <- any(d$entry >= 0)
  d$id <- seq_len(nrow(d)); d <<- d  # residuals() looks for both by name
  form <<- if (late) Surv(entry, time, event) ~ 1 else Surv(time, event) ~ 1
  # Of late entry survfit needs an id, and takes one row of each.
  fit <- survfit(form, d, weights = weight, robust = TRUE, id = id, conf.type = "log-log")
  moved <- residuals(fit, times = until, type = "auc", weighted = TRUE)
  area <- summary(fit, rmean = until)$table[["rmean"]]
  model <- if (late) Surv(entry, time, event) ~ group else Surv(time, event) ~ group
  ratio <- coxph(model, d, weights = weight, robust = TRUE, cluster = id, ties = "efron",
                 control = coxph.control(eps = 1e-13, toler.chol = 1e-14))
  sprintf('{"name": "%s", "until": %g,\n "data": {%s},\n "curve": {%s},\n "mean": [%s], "ratio": [%s]}', name, until,
    paste(mapply(row, names(d)[1:5], d[1:5]), collapse = ",\n  "),
    paste(row("times", fit$time), row("at_risk", fit$n.risk), row("survival", fit$surv),
          row("se", fit$std.err * (if (fit$logse) fit$surv else 1)),
          row("low", fit$lower), row("high", fit$upper), sep = ",\n  "),
    plain(c(area, sqrt(sum(moved^2)))), plain(c(coef(ratio), sqrt(vcov(ratio)))))
}

cases <- c(
  told("no ties", draw(60, 1, FALSE), 20),
  told("ties", draw(80, 2, TRUE), 18),
  told("late entry", draw(70, 3, FALSE, TRUE), 15)
)
cat("[", paste(cases, collapse = ",\n"), "]\n", sep = "")

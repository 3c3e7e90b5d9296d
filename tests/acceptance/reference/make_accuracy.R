# Uno's C by survival, time-dependent AUC and Brier score by riskRegression, on made-up data that the script draws itself.
# Run in this folder: Rscript make_accuracy.R  (Debian 12: r-base-core r-cran-riskregression r-cran-survival r-cran-jsonlite)
library(survival); library(riskRegression); library(jsonlite)

draw <- function(n, seed, tied, scale) {
  set.seed(seed)
  g <- sample(0:2, n, TRUE)
  t <- rexp(n, 0.05 * exp(0.6 * g)); c <- runif(n, 5, 50)
  time <- pmin(t, c); time <- if (tied) ceiling(time) else round(time, 6)
  data.frame(time = time, event = as.numeric(t <= c), group = g)
}
lives <- c(0.7, 0.5, 0.2)
told <- function(name, d, at) {
  d$dead <- 1 - lives[d$group + 1]
  s <- Score(list(m = matrix(d$dead, ncol = 1)), Surv(time, event) ~ 1, data = d, times = at, cens.model = "km", se.fit = FALSE,
             null.model = FALSE, metrics = c("auc", "brier"))
  u <- concordance(Surv(time, event) ~ group, data = d, timewt = "n/G2", reverse = TRUE)
  list(name = name, data = d[, 1:3], at = at, lives = lives, auc = s$AUC$score$AUC, brier = s$Brier$score$Brier, uno = unname(u$concordance))
}
cases <- list(told("plain", draw(150, 1, FALSE), 12), told("ties", draw(300, 2, TRUE), 10), told("late", draw(200, 3, TRUE), 25))
write(toJSON(cases, dataframe = "columns", auto_unbox = TRUE, digits = NA), "accuracy.json")

# Gray's test and Fine-Gray regression by cmprsk, on made-up data that the script draws itself.
# Run in this folder: Rscript make_competing.R   (Debian 12: r-base-core r-cran-cmprsk r-cran-jsonlite)
library(cmprsk); library(jsonlite)

draw <- function(n, seed, tied, censored = TRUE, groups = 2) {
  set.seed(seed)
  x <- round(rnorm(n), 3); g <- sample(0:(groups - 1), n, TRUE); z <- rbinom(n, 1, 0.4)
  t1 <- rexp(n, 0.08 * exp(0.5 * x - 0.4 * (g == 1))); t2 <- rexp(n, 0.05 * exp(0.3 * z))
  c <- if (censored) runif(n, 2, 30) else rep(1e6, n)
  t <- pmin(t1, t2, c); cause <- ifelse(c < pmin(t1, t2), 0, ifelse(t1 < t2, 1, 2))
  t <- if (tied) ceiling(t) else round(t, 6)
  data.frame(time = t, cause = cause, group = g, x = x, z = z)
}

told <- function(name, d) {
  test <- cuminc(d$time, d$cause, d$group)$Tests
  fit <- function(of) {
    x <- cbind(x = d$x, z = d$z, g = as.numeric(d$group == 1))
    m <- crr(d$time, d$cause, x, failcode = of, gtol = 1e-12)
    list(coef = unname(m$coef), se = unname(sqrt(diag(m$var))), loglik = m$loglik, loglik_null = m$loglik.null)
  }
  list(name = name, data = d, gray = list(stat = unname(test[, 1]), p = unname(test[, 2]), df = unname(test[, 3])), fit = list(fit(1), fit(2)))
}

cases <- list(
  told("plain", draw(150, 1, FALSE)),
  told("ties", draw(220, 2, TRUE)),
  told("three groups, ties", draw(300, 3, TRUE, TRUE, 3)),
  told("nobody censored", draw(120, 4, FALSE, FALSE)),
  told("small", draw(40, 5, TRUE))
)
write(toJSON(cases, dataframe = "columns", auto_unbox = TRUE, digits = NA), "competing.json")

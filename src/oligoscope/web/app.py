"""The application: its routes, what guards them, and whether it is well."""

import getpass
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from oligoscope import __version__, api
from oligoscope.store import Cases, Database, default_url
from oligoscope.store.accounts import Accounts
from oligoscope.store.comments import Comments
from oligoscope.store.concordance import Concordance
from oligoscope.store.hooks import Hooks
from oligoscope.store.jobs import REVIEW, Jobs
from oligoscope.web import (
    administration,
    board,
    cds_hooks,
    concordance,
    curves,
    doses,
    evidence,
    extracting,
    kept,
    pages,
    referral,
    registries,
    registries_rest,
    releases,
    remarks,
    rest,
    review_work,
    reviews,
    reviews_worked,
    screening,
    settling,
    sign_in,
    survival_rest,
    tables,
)
from oligoscope.web.access import RIGHTS, Access, Who
from oligoscope.web.frame import troubled
from oligoscope.web.fresh import Fresh
from oligoscope.web.metrics import Counted, Metrics
from oligoscope.web.problems import Page, add_handlers
from oligoscope.web.rates import Rates
from oligoscope.web.releases import Named
from oligoscope.web.review_work import ReviewWork
from oligoscope.web.reviews import Reviews
from oligoscope.web.safety import Guard
from oligoscope.web.settings import Oidc, Settings
from oligoscope.web.tokens import Clients
from oligoscope.web.work import hidden, steps
from oligoscope.web.worker import Worker

if TYPE_CHECKING:
    from oligoscope.web.identity import Provider

EACH_SECOND, BURST = 50, 200
"""Requests of one account, or of one address before it signs in; without accounts nothing is counted."""


class Health(BaseModel):
    """That it answers, and by which release."""

    status: str = "ok"
    oligoscope: str = __version__
    knowledge: str


def create_app(
    settings: Settings | None = None, knowledge: "api.Knowledge | None" = None, others: Named | None = None
) -> FastAPI:
    """The web application. knowledge, others: those of the settings, where they were read already.

    Raises OligoscopeError for packs, keys or a database that cannot be used.
    """
    settings = settings or Settings()
    knowledge = knowledge or api.load_knowledge(*settings.packs, evidence=settings.studies())
    if others is None:
        others = releases.read(settings.releases, settings.studies(), knowledge)
    opened = Database(settings.database or default_url())
    registering, reviewing = _workers(opened, settings)
    app = FastAPI(
        lifespan=_working((registering, reviewing)),
        title="oligoscope",
        version=__version__,
        description="Evidence and decision support for oligometastatic NSCLC. Not a medical device.",
        openapi_url=f"{rest.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.database = opened
    rest.describe(app)
    add_handlers(app, troubled(knowledge.version))
    app.include_router(rest.router(knowledge, others))
    app.include_router(rest.fhir_router(knowledge))
    app.include_router(pages.router(knowledge))
    cases, hooks = Cases(opened), Hooks(opened)
    accounts = Accounts(opened) if settings.accounts else None
    clients = Clients(settings.cds_clients, hooks, must_be_known=settings.accounts)
    app.include_router(cds_hooks.router(knowledge, hooks, clients, settings.fhir_servers))
    _add_saved(app, knowledge, others, cases)
    app.include_router(evidence.router(knowledge, cases))
    _add_work(app, settings, knowledge, opened, registering)
    _add_reviews(app, settings, knowledge, opened, reviewing)
    if accounts:
        provider = _provider(settings.oidc) if settings.oidc else None
        app.include_router(sign_in.router(accounts, knowledge.version, provider, over_tls=settings.over_tls))
        app.include_router(administration.router(accounts, knowledge.version))
    app.mount("/static", StaticFiles(packages=[("oligoscope.web", "static")]), name="static")
    stores = [each.evidence for each in (knowledge, *others.values())]
    app.add_middleware(Fresh, stores=stores, folder=settings.extracted())
    _guard(app, settings, accounts, _counted(app, knowledge.version), troubled(knowledge.version))
    return app


def _workers(opened: Database, settings: Settings) -> tuple[Worker, Worker]:
    """Of registries and of reviews: a search does not wait for a million patients."""
    on_review = partial(review_work.steps, settings=settings)
    return (
        Worker(Jobs(opened), partial(steps, options=settings.options()), hidden),
        Worker(Jobs(opened, kind=REVIEW), on_review, partial(review_work.hidden, settings=settings)),
    )


def _add_saved(app: FastAPI, knowledge: "api.Knowledge", others: Named, cases: Cases) -> None:
    """What is done with saved cases."""
    app.include_router(kept.router(knowledge, cases))
    app.include_router(board.router(knowledge, others, cases))
    app.include_router(releases.router(knowledge, others, cases))
    app.include_router(referral.router(knowledge, cases))
    app.include_router(concordance.router(knowledge, cases, Concordance(cases.database)))


def _add_work(app: FastAPI, settings: Settings, knowledge: "api.Knowledge", opened: Database, worker: Worker) -> None:
    """Tables and doses, registries and curves: what is done without a saved case."""
    jobs = worker.jobs
    comments = Comments(opened)
    app.include_router(tables.router(knowledge, comments))
    app.include_router(remarks.router(knowledge, comments))
    app.include_router(doses.router(knowledge))
    app.include_router(registries.router(knowledge.version, jobs, settings.uploads(), worker))
    app.include_router(registries_rest.router(jobs, settings.uploads(), worker))
    app.include_router(survival_rest.router())
    app.include_router(curves.router(knowledge.version))


def _add_reviews(
    app: FastAPI, settings: Settings, knowledge: "api.Knowledge", opened: Database, worker: Worker
) -> None:
    """Reviews of the literature, and what is done with them in the background."""
    kept_reviews = Reviews(settings.reviews(), opened)
    work = ReviewWork(worker.jobs, settings.reviews_sent())
    app.include_router(reviews.router(knowledge.version, kept_reviews, work, worker))
    app.include_router(reviews_worked.router(knowledge.version, kept_reviews, work))
    app.include_router(screening.router(knowledge.version, kept_reviews))
    desk = extracting.Desk(knowledge, kept_reviews, settings.extracted())
    app.include_router(extracting.router(desk))
    app.include_router(settling.router(desk))


def _counted(app: FastAPI, release: str) -> Metrics:
    """Whether it is well, and what is counted of it."""
    metrics = Metrics()

    @app.get("/health", summary="Whether it answers, and by which release")
    def health() -> Health:
        return Health(knowledge=release)

    @app.get("/metrics", summary="How often and how fast it answers, for Prometheus; nothing of a patient")
    def counted() -> PlainTextResponse:
        return PlainTextResponse(metrics.text(__version__, release))

    return metrics


def _provider(settings: Oidc) -> "Provider":
    """Read where it is used only: its libraries take a fifth of a second."""
    from oligoscope.web.identity import Provider

    return Provider(settings)


def _working(workers: Sequence[Worker]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Registries and reviews are worked on for as long as the application runs."""

    @asynccontextmanager
    async def working(_: FastAPI) -> AsyncIterator[None]:
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            worker.stop()

    return working


def _guard(app: FastAPI, settings: Settings, accounts: Accounts | None, metrics: Metrics, page: Page) -> None:
    """What every request passes before it is answered. The last one added stands outermost."""
    alone = Who("guest", RIGHTS["viewer"]) if settings.demo else Who(getpass.getuser(), RIGHTS["admin"])
    app.add_middleware(Access, accounts=accounts, alone=alone, rates=Rates(EACH_SECOND, BURST), page=page)
    app.add_middleware(Guard, hosts=settings.hosts, over_tls=settings.over_tls)
    app.add_middleware(Counted, metrics=metrics)

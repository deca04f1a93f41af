"""The resources, in the order that clients see them."""

from __future__ import annotations

from resources.bulk_jobs import bulk_jobs, bulk_results
from resources.docs import docs
from resources.errors import errors
from resources.jobs_catalogs import jobs_catalogs
from resources.pricing import pricing
from resources.providers import providers
from resources.upload import upload
from server.edge.resource import Resource

RESOURCES: tuple[Resource, ...] = (docs, pricing, providers, errors, jobs_catalogs, bulk_jobs, bulk_results, upload)

"""Schemathesis over the OpenAPI document: no request breaks the server or the contract."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from solverhub.server.app import routes_only

pytestmark = pytest.mark.slow

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
schema = schemathesis.openapi.from_dict(routes_only().openapi())


@schema.parametrize()
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_contract(case, live_server):
    if case.path.endswith("/events"):
        case.query = {**(case.query or {}), "after": 0}
    answer = case.call(base_url=live_server.url, timeout=30)
    case.validate_response(answer, checks=CHECKS)

"""The optional network in front of a stage: what it keeps, asks for, and passes on."""

import json
import shutil
import subprocess

import pytest
from local_aws import ROOT

from app import app
from chalicelib import web
from tests import template


def resources(type_):
    return template.resources(type_, of="cdn")


@pytest.fixture(scope="module")
def distribution():
    (one,) = resources("CloudFront::Distribution").values()
    return one["DistributionConfig"]


@pytest.fixture(scope="module")
def behaviours(distribution):
    """What is done with the paths that fit a pattern, and with all others."""
    named = {one["PathPattern"]: one for one in distribution["CacheBehaviors"]}
    return {"*": distribution["DefaultCacheBehavior"], **named}


def test_every_parameter_that_a_page_or_a_feed_knows_makes_an_answer_of_its_own(behaviours):
    policies = resources("CloudFront::CachePolicy")
    pages = policies[behaviours["*"]["CachePolicyId"][1]]["CachePolicyConfig"]
    asked = pages["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]

    assert asked["QueryStringBehavior"] == "whitelist"
    described = [one for path, one in web.operations.items() if not path.startswith("/v1/")]
    assert set(asked["QueryStrings"]) == {p.name for one in described for p in one.takes}


def test_the_api_sees_every_parameter_since_it_refuses_what_it_does_not_know(behaviours):
    policies = resources("CloudFront::CachePolicy")
    api = policies[behaviours["/v1/*"]["CachePolicyId"][1]]["CachePolicyConfig"]

    assert api["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"] == {
        "QueryStringBehavior": "all"
    }


@pytest.mark.parametrize("pattern", ["*", "/v1/*"])
def test_the_application_says_how_long_its_answers_are_kept(behaviours, pattern):
    policies = resources("CloudFront::CachePolicy")
    policy = policies[behaviours[pattern]["CachePolicyId"][1]]["CachePolicyConfig"]
    forwarded = policy["ParametersInCacheKeyAndForwardedToOrigin"]

    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
    assert forwarded["EnableAcceptEncodingGzip"] is True
    assert forwarded["HeadersConfig"] == {"HeaderBehavior": "none"}  # the API wants its own Host
    assert forwarded["CookiesConfig"] == {"CookieBehavior": "none"}
    assert behaviours[pattern]["Compress"] is True


def test_readers_come_by_tls_alone_and_only_read(distribution, behaviours):
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["HttpVersion"] == "http2and3"
    for behaviour in behaviours.values():
        assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
        assert behaviour["AllowedMethods"] == ["GET", "HEAD"]


def test_what_no_route_has_is_shown_as_the_applications_own_page(distribution):
    (shown,) = distribution["CustomErrorResponses"]

    assert (shown["ErrorCode"], shown["ResponseCode"]) == (403, 404)
    assert shown["ResponsePagePath"] in app.routes


def test_the_api_answers_under_its_stage(distribution, plan):
    (api,) = [one for one in distribution["Origins"] if one["Id"] == "api"]
    parameters = template.read("cdn")["Parameters"]

    assert api["OriginPath"] == ("Sub", "/${ApiStage}")
    assert [parameters["ApiStage"]["Default"]] == [stage for _, stage in plan["apis"]]
    assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


@pytest.mark.skipif(not shutil.which("node"), reason="the function is JavaScript: no node here")
def test_an_images_address_becomes_its_key_in_the_bucket(behaviours):
    (association,) = behaviours["/media/*"]["FunctionAssociations"]
    code = resources("CloudFront::Function")[association["FunctionARN"][1].partition(".")[0]]
    asked = {"request": {"uri": "/media/0123.webp", "method": "GET"}}

    done = subprocess.run(
        ["node", "-e", f"{code['FunctionCode']}; console.log(handler({json.dumps(asked)}).uri)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "/public-media/0123.webp"


def test_an_image_from_the_bucket_comes_with_the_headers_that_the_application_gives_it(behaviours):
    policies = resources("CloudFront::ResponseHeadersPolicy")
    named = policies[behaviours["/media/*"]["ResponseHeadersPolicyId"][1]]
    headers = named["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]

    source = (ROOT / "chalicelib" / "web" / "pages.py").read_text()
    assert headers["ContentSecurityPolicy"]["ContentSecurityPolicy"] in source
    assert "ContentTypeOptions" in headers


def test_pages_get_only_those_headers_that_the_application_does_not_set(behaviours):
    policies = resources("CloudFront::ResponseHeadersPolicy")
    named = policies[behaviours["*"]["ResponseHeadersPolicyId"][1]]

    assert set(named["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]) == {
        "StrictTransportSecurity"
    }


def test_the_network_reads_images_by_its_own_signature(distribution):
    (images,) = [one for one in distribution["Origins"] if one["Id"] == "images"]
    access = resources("CloudFront::OriginAccessControl")[images["OriginAccessControlId"][1]]

    assert access["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    assert images["DomainName"] == ("Sub", "${ReceiptsBucket}.s3.${AWS::Region}.${AWS::URLSuffix}")

"""Codes in the spelling of X-Road 7.7, and what 7.8 and later say instead."""

from __future__ import annotations

import pytest

from lienthong.protocol import faults
from lienthong.protocol.faults import Spelling, XRoadFault

# 7.7 from PR-REST and ErrorCodes.java of the tag 7.7.0; 7.8 from ErrorCode.java at fcd16216.
SPELLED = """
IOError io_error
NetworkError network_error
InternalError internal_error
BadRequest bad_request
NotFound not_found
HttpError http_error
DatabaseError database_error
InvalidRequest invalid_request
InvalidResponse invalid_response
CannotCreateSignature cannot_create_signature
CertValidation cert_validation
MissingValidationInfo missing_validation_info
IncorrectValidationInfo incorrect_validation_info
CannotCreateCertPath cannot_create_cert_path
CertValidityTime cert_validity_time
IncorrectCertificate incorrect_certificate
UnsupportedAlgorithm unsupported_algorithm
InvalidSignatureValue invalid_signature_value
MalformedSignature malformed_signature
InvalidXml invalid_xml
InvalidReference invalid_reference
InvalidCertPath invalid_cert_path
SignatureVerification signature_verification
MalformedSoap malformed_soap
InvalidHashChain invalid_hash_chain
MalformedHashChain malformed_hash_chain
HashChainUnusedInputs hashchain_unused_inputs
InvalidHashChainRef invalid_hash_chain_ref
SslAuthenticationFailed ssl_authentication_failed
LoggingFailed logging_failed
TimestampingFailed timestamping_failed
InvalidContentType invalid_content_type
InvalidSoapAction invalid_soap_action
InvalidHttpMethod invalid_http_method
InvalidMessage invalid_message
InvalidSecurityServer invalid_security_server
MimeParsingFailed mime_parsing_failed
MissingHeader missing_header
MissingHeaderField missing_header_field
DuplicateHeaderField duplicate_header_field
MissingBody missing_body
InvalidBody invalid_body
InconsistentHeaders inconsistent_headers
InconsistentResponse inconsistent_response
MissingSoap missing_soap
InvalidSoap invalid_soap
MissingRest missing_rest
InvalidRest invalid_rest
AccessDenied access_denied
ServiceDisabled service_disabled
ServiceFailed service_failed
MissingSignature missing_signature
UnknownService unknown_service
InvalidProtocolVersion invalid_protocol_version
InvalidClientIdentifier invalid_client_identifier
ServiceType service_type
ClientProxyVersionNotSupported client_proxy_version_not_supported
AsicInvalidContainer asic_invalid_container
AsicHashChainResultNotFound asic_hash_chain_result_not_found
UnknownMember unknown_member
MalformedServerConf malformed_server_conf
MalformedKeyConf malformed_key_conf
MalformedGlobalConf malformed_global_conf
MalformedOptionalPartsConf malformed_optional_parts_conf
OutdatedGlobalConf global_conf_outdated
ServiceMissingUrl service_missing_url
ServiceMalformedUrl service_malformed_url
AdapterWsdlNotFound adapter_wsdl_not_found
HSMNonOperational hsm_non_operational
MaintenanceMode maintenance_mode
KeyNotFound key_not_found
KeyNotAvailable key_not_available
TokenNotActive token_not_active
TokenReadOnly token_readonly
CannotSign cannot_sign
CannotGetMemberIdFromCertificate cannot_get_member_id_from_certificate
TimestamperFailed timestamper_failed
"""
PAIRS = [tuple(line.split()) for line in SPELLED.split("\n") if line]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_code_has_the_spelling_of_the_reference_code(old, new):
    assert faults.snake(f"Server.ClientProxy.{old}") == f"server.clientproxy.{new}"
    assert faults.snake(f"Client.{old}") == f"client.{new}"
    assert faults.same_fault(f"Server.ServerProxy.{old}", f"server.serverproxy.{new}")


def test_families_stack_in_both():
    old = "Server.ServerProxy.ServiceFailed.HttpError"
    assert faults.snake(old) == "server.serverproxy.service_failed.http_error"
    assert faults.snake("Server.ServerProxy.OpMonitor.NetworkError") == (
        "server.serverproxy.opmonitor.network_error"
    )


@pytest.mark.parametrize(("fault", "status"), [
    ("Server.ServerProxy.AccessDenied", 500), ("Client.BadRequest", 400),
    ("server.serverproxy.access_denied", 500), ("client.bad_request", 400),
])  # fmt: skip
def test_the_status_follows_from_either_spelling(fault, status):
    assert faults.status_of(fault) == status


def test_a_fault_spelled_anew_is_the_same_fault():
    fault = XRoadFault("Server.ClientProxy.NetworkError", "no way", reason="x", retry_after=7)
    told = fault.spelled(Spelling.SNAKE)
    assert told.fault == "server.clientproxy.network_error"
    assert (told.text, told.trace, told.status, told.reason, told.retry_after) == (
        fault.text, fault.trace, 500, "x", 7
    )  # fmt: skip
    assert fault.spelled(Spelling.PASCAL) is fault
    assert told.spelled(Spelling.SNAKE).fault == told.fault

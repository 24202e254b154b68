<?php

$folder = getenv('IDP_FOLDER');
// The spec changes keys, and encrypts, by files that are there or not.
$second = file_exists("$folder/use-second");
$metadata[getenv('IDP_BASE') . '/idp'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'first.key',
    'certificate' => 'first.crt',
    'auth' => 'people',
    'userid.attribute' => 'uid',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
    'authproc' => [
        3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid',
            'Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    ],
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'saml20.sign.response' => true,
    'saml20.sign.assertion' => true,
    'sign.logout' => true,
    'validate.authnrequest' => true,
    'validate.logout' => true,
    'SingleSignOnServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
    'assertion.encryption' => file_exists("$folder/encrypt"),
] + ($second ? ['new_privatekey' => 'second.key', 'new_certificate' => 'second.crt'] : []);

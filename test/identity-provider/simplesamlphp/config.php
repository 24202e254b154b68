<?php

// The configuration of SimpleSAMLphp for the spec; what differs between runs comes from the environment.
$folder = getenv('IDP_FOLDER');
$config = [
    'baseurlpath' => getenv('IDP_BASE') . '/',
    'certdir' => "$folder/",
    'loggingdir' => "$folder/",
    'datadir' => "$folder/",
    'tempdir' => "$folder/tmp",
    'metadatadir' => "$folder/",
    'attributenamemapdir' => '/usr/share/simplesamlphp/attributemap/',
    'secretsalt' => getenv('IDP_SALT'),
    'auth.adminpassword' => getenv('IDP_SALT'),
    'technicalcontact_email' => 'na@example.org',
    'timezone' => 'UTC',
    'logging.level' => 5,
    'logging.handler' => 'stderr',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true],
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'session.phpsession.savepath' => "$folder/tmp",
    'session.phpsession.httponly' => true,
    'store.type' => 'phpsession',
    'trusted.url.domains' => [],
    'metadata.sources' => [['type' => 'flatfile']],
    'language.default' => 'en',
    'language.available' => ['en'],
    'production' => true,
];

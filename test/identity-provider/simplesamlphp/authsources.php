<?php

$config = [
    'people' => [
        'exampleauth:UserPass',
        'anna:correct horse' => [
            'uid' => ['anna'],
            'mail' => ['anna@acme.example'],
            'givenName' => ['Anna'],
            'sn' => ['Berg'],
            'groups' => ['leads', 'staff'],
        ],
    ],
];

<?php

// As metarefresh makes it of the metadata of a service provider.
$file = getenv('IDP_FOLDER') . '/sp.xml';
if (file_exists($file)) {
    foreach (SimpleSAML\Metadata\SAMLParser::parseDescriptorsFile($file) as $id => $entity) {
        $metadata[$id] = $entity->getMetadata20SP();
        unset($metadata[$id]['entityDescriptor'], $metadata[$id]['expire']);
    }
}

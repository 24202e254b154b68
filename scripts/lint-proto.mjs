/** Checks the rules of buf.yaml and the layout of proto/, offline. */
import { buf } from './proto/buf.mjs';

buf('lint');
buf('format', 'proto', '--diff', '--exit-code');
console.log('proto/ is clean.');

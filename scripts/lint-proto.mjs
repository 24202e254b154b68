/** Checks the rules of buf.yaml and the layout of proto/, offline. */
import { buf, writeDependencies } from './proto/buf.mjs';

writeDependencies();
buf('lint');
buf('format', 'proto', '--diff', '--exit-code');
console.log('proto/ is clean.');

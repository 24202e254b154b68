import { type Door, FORM_BYTES } from './door.js';
import { jsonForm, pageForm } from './forms.js';

const door = { counts: 'forms', bodyBytes: FORM_BYTES } as const;

/** For programs that bring no credential, or have it in the path. */
export const jsonDoor: Door = { ...door, form: jsonForm };
/** For browsers that bring no credential. */
export const pageDoor: Door = { ...door, form: pageForm };

export { type Door, type Doorkeeper, FORM_BYTES, UseDoor, type Visitor } from './door.js';
export { DoorExit } from './door-exit.js';
export { Doors } from './doors.js';
export { oauthForm, pageForm } from './forms.js';
export { Origin, originOf } from './origin.js';
export { jsonDoor, pageDoor } from './plain-doors.js';
export { PageError, PlainError, type Refusal, refusalOf } from './refusal.js';

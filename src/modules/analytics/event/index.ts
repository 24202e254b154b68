export { DeadLetters } from './dead-letters.js';
export { EventModule } from './event.module.js';

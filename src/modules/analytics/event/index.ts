export { DeadLetters } from './dead-letters.js';
export { EventModule } from './event.module.js';
export { cookielessPrefix, isLongerThan, refuseIdText, sessionPerson } from './event-values.rules.js';
export { insertFailure } from './insert-failure.rules.js';
export { numericReading } from './numeric-reading.rules.js';
export { documentedBotNumber, documentedBotScore, isBotScore, storedBotScore } from './bot-score.rules.js';
export { promotedProperties, storedName } from './property-names.js';
export { typeOfNumber } from './property-text.rules.js';

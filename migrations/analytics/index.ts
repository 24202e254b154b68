import { events } from './0001-events.js';
import { persons } from './0002-persons.js';
import { personActivity } from './0003-person-activity.js';
import { touches } from './0004-touches.js';

export { type AnalyticsPlace, migrationTable, qualified, storedTable } from './project-table.js';

/** The schema of the analytics engine, in the order in which it is applied. */
export const analyticsMigrations = [events, persons, personActivity, touches];

import { TableSource } from './fragment.js';

/**
 * The tables of the analytics store that belong to projects: `migrations/analytics` describes their columns. As pieces
 * of a statement they read the rows of its project, and of equal copies one.
 */
export const events = new TableSource('events');
export const personAliases = new TableSource('person_aliases');
export const profiles = new TableSource('profiles');

/** Every statement filters each of them by its project. */
export const projectTables: readonly TableSource[] = [events, personAliases, profiles];

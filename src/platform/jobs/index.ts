export { forgetJobs } from './forget-jobs.js';
export { type Lane, lanes, priorityNumber, type Task } from './task.js';

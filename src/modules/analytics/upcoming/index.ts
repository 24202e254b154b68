export { UpcomingModule } from './upcoming.module.js';

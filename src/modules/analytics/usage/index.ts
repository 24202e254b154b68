export { EventLimits } from './event-limits.service.js';
export { UsageModule } from './usage.module.js';

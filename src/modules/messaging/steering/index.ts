export { SteeringModule } from './steering.module.js';

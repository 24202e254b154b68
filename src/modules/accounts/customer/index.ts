export { toCustomer } from './customer.mapper.js';
export { CustomerModule } from './customer.module.js';
export { Customers } from './customers.service.js';

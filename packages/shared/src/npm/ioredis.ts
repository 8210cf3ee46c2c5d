export { Redis, type RedisOptions } from 'ioredis';

/** What backends have in common that compile a graph into steps over memory: places, their packing, and what is bound. For backends, not for users. */
package donna.backend.plan;

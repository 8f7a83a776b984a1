# A job that is nothing but its surroundings.

# install.packages() in a script, or BiocManager's, which calls it: no other container would have what it installs.

hook_installs <- function() {
  replace_in("utils", install.packages = telling("utils", "install.packages", tell_of_images))
}

tell_of_images <- function() {
  asked <- tryCatch(get("pkgs", parent.frame()), error = function(e) NULL)
  if (!is.character(asked) || !length(asked) || isTRUE(the$worker)) return(invisible())
  cat("install.packages() installs for this container alone, if at all. For all of them, put it into images_r_packages and run ",
    "playbooks/festival.yml:\n  images_r_packages: [", toString(asked), "]\n", sep = "", file = stderr())
}

# lockstep_component(<name> HEADERS <prefix>... FIND <find_package arguments>... LINK <target>...)
#
# Defines lockstep::<name> when every package of FIND is found, and says which one is missing when
# not. HEADERS are the paths below include/lockstep that need the component: tests, examples and
# header checks link it for them, or leave them out by name where it does not exist.
function(lockstep_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;FIND;LINK")
  foreach(prefix IN LISTS arg_HEADERS)
    set_property(GLOBAL APPEND PROPERTY LOCKSTEP_HEADER_OWNERS "${prefix}=${name}")
  endforeach()

  foreach(package IN LISTS arg_FIND)
    separate_arguments(words UNIX_COMMAND "${package}")
    list(GET words 0 package_name)
    find_package(${words} QUIET)
    if(NOT ${package_name}_FOUND)
      message(STATUS "lockstep::${name} is left out: find_package(${package}) found nothing")
      return()
    endif()
  endforeach()

  add_library(lockstep_${name} INTERFACE)
  add_library(lockstep::${name} ALIAS lockstep_${name})
  set_target_properties(lockstep_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(lockstep_${name} INTERFACE lockstep ${arg_LINK})
  set_property(GLOBAL APPEND PROPERTY LOCKSTEP_COMPONENTS ${name})
  set_property(GLOBAL PROPERTY LOCKSTEP_COMPONENT_FIND_${name} "${arg_FIND}")
endfunction()

# lockstep_target_of(<out> <path>...): the target for files that mirror, or include, these paths
# below include/lockstep; lockstep::lockstep when no component claims any of them.
function(lockstep_target_of out)
  get_property(owners GLOBAL PROPERTY LOCKSTEP_HEADER_OWNERS)
  set(target lockstep::lockstep)
  foreach(owner IN LISTS owners)
    string(REGEX MATCH "(.*)=(.*)" _ "${owner}")
    set(prefix "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    foreach(path IN LISTS ARGN)
      string(FIND "${path}" "${prefix}" at)
      if(at EQUAL 0)
        list(APPEND target lockstep::${name})
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES target)
  set(${out} ${target} PARENT_SCOPE)
endfunction()
